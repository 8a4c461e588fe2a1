// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Catch2 under one name, whether it is version 2 (Debian 12) or 3.
#if __has_include(<catch2/catch_all.hpp>)
#include <catch2/catch_all.hpp>
#else
#include <catch2/catch.hpp>
#endif
