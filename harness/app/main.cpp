#include "harness/app/app.hpp"

int main(int argc, char** argv) { return muster::app(argc, argv); }
