#pragma once

namespace systole {

class RequestObserver;
namespace dram {
class CommandObserver;
}

/// Who looks at what goes to the DRAM; null: nobody.
struct DramObservers {
  RequestObserver* requests = nullptr;
  dram::CommandObserver* commands = nullptr;  ///< a banked one has
};

}  // namespace systole
