// SPDX-License-Identifier: BSD-3-Clause
#include <libdnf5/base/base.hpp>
#include <libdnf5/base/transaction.hpp>
#include <libdnf5/base/transaction_package.hpp>
#include <libdnf5/plugin/iplugin.hpp>
#include <libdnf5/transaction/transaction_item_action.hpp>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "../rpm/call_hook.hpp"

// Plugin of libdnf5, and so of dnf5 and dnf5daemon: running Erlang nodes are upgraded before rpm unpacks
// anything. It reports the elements of the transaction to erlrc-hook, which decides; see erlrc-hook(8).

namespace {

constexpr libdnf5::PluginAPIVersion api_version{.major = 2, .minor = 0};

/// An exception before the transaction makes libdnf5 refuse it.
[[noreturn]] void refuse(int code) {
  throw std::runtime_error(
      code == 1
          ? "erlrc: erlrc-hook has refused the transaction (see above); nothing was changed"
          : "erlrc: erlrc-hook has failed (see above); no package was changed, but a node may have been: "
            "`erlrc-hook rpm recover` brings nodes in sync");
}

std::string elements_of(const libdnf5::base::Transaction& transaction) {
  std::string text;
  const auto add = [&](const std::string& element) {
    if (!erlrc_plugin::add_element(text, element))
      throw std::runtime_error("erlrc: the name of an archive has several lines; nothing was changed");
  };
  for (const auto& element : transaction.get_transaction_packages()) {
    const libdnf5::rpm::Package package = element.get_package();
    if (libdnf5::transaction::transaction_item_action_is_inbound(element.get_action())) {
      add("install " + std::filesystem::absolute(package.get_package_path()).string());
    } else if (libdnf5::transaction::transaction_item_action_is_outbound(element.get_action())) {
      add("erase " + package.get_name() + " " + package.get_evr());
    }
  }
  return text;
}

class Erlrc final : public libdnf5::plugin::IPlugin {
public:
  using IPlugin::IPlugin;

  libdnf5::PluginAPIVersion get_api_version() const noexcept override { return api_version; }
  const char* get_name() const noexcept override { return "erlrc"; }
  libdnf5::plugin::Version get_version() const noexcept override { return {1, 0, 0}; }
  const char* const* get_attributes() const noexcept override { return attributes; }
  const char* get_attribute(const char* name) const noexcept override {
    return std::string(name) == attributes[0] ? "Upgrades running Erlang nodes" : nullptr;
  }

  /// Not called for a transaction that is only tested.
  void pre_transaction(const libdnf5::base::Transaction& transaction) override {
    if (changes_only_database() || !erlrc_plugin::has_hook()) return;
    const std::string elements = elements_of(transaction);
    // Before the answer: the end also clears what a call that was killed has begun.
    begun_ = true;
    const int code = erlrc_plugin::call_hook("begin", elements);
    if (code != 0) refuse(code);
  }

  /// Also called if rpm has failed.
  void post_transaction(const libdnf5::base::Transaction&) override {
    if (!end())
      throw std::runtime_error(
          "erlrc: the packages are changed, but not every node is as they are (see above)");
  }

  /// What libdnf5 itself has not brought to its end: another plugin has refused, for example.
  void finish() noexcept override { (void)end(); }

private:
  static constexpr const char* attributes[]{"description", nullptr};

  bool changes_only_database() const {
    const auto& flags = get_base().get_config().get_tsflags_option().get_value();
    return std::find(flags.begin(), flags.end(), "justdb") != flags.end();
  }

  /// Whether every node is in sync with the packages.
  bool end() noexcept {
    if (!begun_) return true;
    begun_ = false;
    return !erlrc_plugin::has_hook() || erlrc_plugin::call_hook("end", "") == 0;
  }

  bool begun_ = false;
};

std::exception_ptr last_exception;

}  // namespace

libdnf5::PluginAPIVersion libdnf_plugin_get_api_version() {
  return api_version;
}

const char* libdnf_plugin_get_name() {
  return "erlrc";
}

libdnf5::plugin::Version libdnf_plugin_get_version() {
  return {1, 0, 0};
}

libdnf5::plugin::IPlugin* libdnf_plugin_new_instance(libdnf5::LibraryVersion,
                                                     libdnf5::plugin::IPluginData& data,
                                                     libdnf5::ConfigParser&) {
  try {
    return new Erlrc(data);
  } catch (...) {
    last_exception = std::current_exception();
    return nullptr;
  }
}

void libdnf_plugin_delete_instance(libdnf5::plugin::IPlugin* plugin) {
  delete plugin;
}

std::exception_ptr* libdnf_plugin_get_last_exception() {
  return &last_exception;
}
