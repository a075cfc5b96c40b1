// dataload/read by cuFile: the path that was taken is proven or not said, and whatever goes wrong has a name.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>

#include "kernels/dataload/cufile_path.hpp"
#include "tests/standin/support.hpp"

namespace muster::standin {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

namespace fs = std::filesystem;

class Cufile : public StandinTest {
 protected:
  Params params(std::vector<std::pair<std::string, Value>> const& more = {}) const {
    std::vector<std::pair<std::string, Value>> values{
        {"images", 12},     {"width", 96},        {"height", 64}, {"block", 8192},
        {"storage", "any"}, {"engine", "cufile"}, {"depth", 3}};
    values.insert(values.end(), more.begin(), more.end());
    return params_of("dataload/read", values);
  }
  std::unique_ptr<Instance> read(std::vector<std::pair<std::string, Value>> const& more = {}) {
    return make("dataload/read", params(more));
  }
  std::string path_of(Instance& instance) {
    instance.figures();  // which come first, with their warnings
    for (auto const& [name, text] : instance.facts()) {
      if (name == "read_path") return text;
    }
    return "nothing";
  }

  Environment probe_{{"MUSTER_CUFILE_PROBE", MUSTER_STANDIN_FOLDER "/muster-cufile-probe"},
                     {"CUFILE_LOGFILE_PATH", "/dev/null"}};
};

TEST_F(Cufile, ReadsIntoDeviceMemoryAndProvesItsPath) {
  for (auto const* access : {"sequential", "records"}) {
    auto const instance = read({{"access", access}});
    instance->launch();
    auto const verdict = instance->verify();
    EXPECT_TRUE(verdict.ok()) << verdict.detail;
    EXPECT_THAT(path_of(*instance), AllOf(StartsWith("GPUDirect Storage, proven: 67 reads by nvidia-fs, "),
                                          HasSubstr("0 by POSIX")));  // 64, and 3 in flight
    EXPECT_THAT(instance->facts(), Contains(testing::Pair("read_engine", HasSubstr("libcufile.so.0"))));
  }
  EXPECT_THAT(notes_, Not(Contains(HasSubstr("cuFile"))));
}

TEST_F(Cufile, HashesEveryRecordWhenAsked) {
  auto const instance = read({{"access", "records"}, {"check", "all"}});
  instance->launch();
  auto const verdict = instance->verify();
  EXPECT_TRUE(verdict.ok()) << verdict.detail;
  EXPECT_THAT(verdict.method, HasSubstr("all records"));
}

TEST_F(Cufile, SaysWhenReadsWereNotDirect) {
  struct Expected {
    char const* scenario;
    char const* path;
    bool warned;
  };
  for (auto const& [scenario, path, warned] :
       {Expected{"p2p", "GPUDirect Storage, proven: 0 reads by nvidia-fs, 67 by PCIe peer-to-peer", false},
        Expected{"posix", "compatibility mode: 0 reads by nvidia-fs", true},
        Expected{"mixed", "only partly direct: 3", true}, Expected{"uncounted", "path not proven", true}}) {
    Environment const environment{{"MUSTER_STANDIN_CUFILE", scenario}};
    notes_.clear();
    auto const instance = read();
    instance->launch();
    EXPECT_TRUE(instance->verify().ok());
    EXPECT_THAT(path_of(*instance), StartsWith(path));
    EXPECT_EQ(std::ranges::any_of(
                  notes_, [](auto const& note) { return note.find("not read directly") != note.npos; }),
              warned)
        << scenario;
  }
}

TEST_F(Cufile, GoesOnAfterShortReads) {
  Environment const environment{{"MUSTER_STANDIN_CUFILE", "short"}};
  auto const instance = read({{"access", "records"}});
  EXPECT_TRUE(instance->verify().ok());
}

TEST_F(Cufile, AReadThatFailsNamesFileOffsetAndReason) {
  auto const failing = [&](char const* rule) {
    auto const instance = read();
    Fail const fail(rule);
    return message_of<DeviceError>([&] { instance->launch(); });
  };
  auto const where = AllOf(HasSubstr("cannot read 8192 bytes at offset "), HasSubstr("shard-0000.tar"));
  EXPECT_THAT(failing("cuFileRead:4:5"), AllOf(where, HasSubstr("Input/output error")));
  EXPECT_THAT(failing("cuFileRead:4:5030"), AllOf(where, HasSubstr("5030: internal error")));
}

TEST_F(Cufile, AFileThatItRefusesIsUnsupported) {
  Fail const fail("cuFileHandleRegister:*:5027");
  EXPECT_THAT(message_of<Unsupported>([&] { read(); }),
              AllOf(HasSubstr("refuses"), HasSubstr("shard-0000.tar"), HasSubstr("udev")));
}

TEST_F(Cufile, WrongBytesAreSeenThoughTheyLieInTheGpu) {
  auto const instance = read({{"access", "records"}});
  instance->launch();
  Fail const fail("cuFileRead:*:wrong");
  instance->launch();
  EXPECT_FALSE(instance->verify().ok());
}

TEST_F(Cufile, ADriverThatDoesNotOpenIsUnsupportedWithTheReason) {
  Fail const fail("cuFileDriverOpen:*:5033");
  EXPECT_THAT(message_of<Unsupported>([&] { read(); }),
              AllOf(HasSubstr("cuFileDriverOpen failed (5033)"), HasSubstr("another engine")));
}

TEST_F(Cufile, ADriverThatHangsIsGivenUpOn) {
  Fail const fail("cuFileDriverOpen:*:hang");
  Environment const patience{{"MUSTER_CUFILE_TIMEOUT", "1"}};
  EXPECT_THAT(message_of<Unsupported>([&] { read(); }), HasSubstr("did not end in 1 s"));
}

TEST_F(Cufile, MemoryThatCannotBeRegisteredIsADeviceError) {
  (void)read();
  Fail const fail("cuFileBufRegister:1:5016");
  EXPECT_THAT(message_of<DeviceError>([&] { read(); }), HasSubstr("more memory than may be pinned"));
}

TEST_F(Cufile, AProbeThatIsMissingIsSaid) {
  Environment const probe{{"MUSTER_CUFILE_PROBE", "/nowhere/probe"}};
  EXPECT_THAT(message_of<Unsupported>([&] { read(); }), HasSubstr("'/nowhere/probe' cannot be started"));
}

/// The one that is installed, on the stand-in library: content only where the kernel lists its modules.
TEST_F(Cufile, TheProbeBesideThePlugInWantsTheListOfModules) {
  unsetenv("MUSTER_CUFILE_PROBE");
  if (access("/proc/modules", R_OK) == 0) {
    EXPECT_TRUE(read()->verify().ok());
  } else {
    EXPECT_THAT(message_of<Unsupported>([&] { read(); }), HasSubstr("/proc/modules: No such file"));
  }
}

TEST_F(Cufile, PipelinesRefuseIt) {
  EXPECT_THAT(message_of<Unsupported>([&] {
                make("dataload/pipeline",
                     params_of("dataload/pipeline", {{"images", std::int64_t{12}},
                                                     {"width", std::int64_t{96}},
                                                     {"height", std::int64_t{64}},
                                                     {"batch", std::int64_t{4}},
                                                     {"engine", std::string("cufile")}}));
              }),
              HasSubstr("only dataload/read"));
}

}  // namespace
}  // namespace muster::standin
