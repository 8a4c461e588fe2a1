// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <string>

#include <erlrc/report/streams.hpp>

// erlrc-node discover and check: what runs on this host, and how far the way to a node leads.

namespace erlrc {

int discover(bool json, Streams& streams);

int check_one(const std::string& name, Streams& streams);

}  // namespace erlrc
