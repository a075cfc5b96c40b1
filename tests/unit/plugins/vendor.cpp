// A library that a plug-in needs.
extern "C" int vendor_answer() { return 42; }
