// What the host backend's plug-in gives the dataset commands.
#include <memory>

#include "kernels/dataload/dataset/import.hpp"
#include "kernels/dataload/dataset/maker.hpp"
#include "kernels/dataload/dataset/profiles.hpp"
#include "kernels/dataload/dataset/tools.hpp"

namespace muster::dataload {
namespace {

class Tools final : public DatasetTools {
 public:
  DatasetReport make(DatasetRequest const& request) override {
    auto const content = profile_content(request);
    return make_dataset(*content, request);
  }
  DatasetReport import(DatasetRequest const& request) override {
    auto const content = import_content(request);
    return make_dataset(*content, request);
  }
  DatasetReport check(DatasetRequest const& request) override { return check_dataset(request); }
};

std::unique_ptr<DatasetTools> make() { return std::make_unique<Tools>(); }
DatasetToolsRegistration const registration{&make};

}  // namespace
}  // namespace muster::dataload
