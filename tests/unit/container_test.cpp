#include "harness/launch/container.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Container, WithoutOneNothingChanges) {
  EXPECT_THAT(container_srun_options({}), IsEmpty());
  EXPECT_THAT(inside_container({}, {"muster", "worker"}), ElementsAre("muster", "worker"));
}

TEST(Container, PyxisIsToldBySrunsOptions) {
  ContainerSettings const settings{
      ContainerRuntime::pyxis, "nvcr.io#nvidia/pytorch:24.03-py3", {"/data:/data:ro", "/home:/home"}};
  EXPECT_THAT(container_srun_options(settings),
              ElementsAre("--container-image=nvcr.io#nvidia/pytorch:24.03-py3",
                          "--container-mounts=/data:/data:ro,/home:/home"));
  EXPECT_THAT(inside_container(settings, {"muster"}), ElementsAre("muster"));
}

TEST(Container, PyxisWithoutMountsIsToldOfNone) {
  EXPECT_THAT(container_srun_options({ContainerRuntime::pyxis, "/images/a.sqsh"}),
              ElementsAre("--container-image=/images/a.sqsh"));
}

TEST(Container, ApptainerStandsBeforeTheProgram) {
  ContainerSettings const settings{
      ContainerRuntime::apptainer, "/images/a.sif", {"/data:/data:ro", "/home:/home"}};
  EXPECT_THAT(container_srun_options(settings), IsEmpty());
  EXPECT_THAT(inside_container(settings, {"/opt/muster", "worker", "--launch", "0"}),
              ElementsAre("apptainer", "exec", "--nv", "--bind", "/data:/data:ro", "--bind", "/home:/home",
                          "/images/a.sif", "/opt/muster", "worker", "--launch", "0"));
}

}  // namespace
}  // namespace muster
