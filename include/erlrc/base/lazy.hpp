// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

namespace erlrc {

/// A value that is made when it is asked for first. Copies share it. Threads may: of values that two of them
/// make at once, the first counts.
template <typename Value>
class Lazy {
public:
  Lazy() : Lazy(Value{}) {}
  Lazy(Value value) : made_(std::make_shared<Made>()) { made_->value = new Value(std::move(value)); }
  explicit Lazy(std::function<Value()> make) : made_(std::make_shared<Made>()) {
    made_->make = std::move(make);
  }

  /// Throws what its maker throws, each time.
  const Value& operator()() const {
    if (const Value* value = made_->value) return *value;
    auto value = std::make_unique<const Value>(made_->make());
    const Value* first = nullptr;
    return made_->value.compare_exchange_strong(first, value.get()) ? *value.release() : *first;
  }

  bool operator==(const Lazy& other) const { return made_ == other.made_ || (*this)() == other(); }

private:
  struct Made {
    Made() = default;
    Made(const Made&) = delete;
    Made& operator=(const Made&) = delete;
    ~Made() { delete value.load(); }

    std::function<Value()> make{};
    std::atomic<const Value*> value = nullptr;
  };
  std::shared_ptr<Made> made_;
};

}  // namespace erlrc
