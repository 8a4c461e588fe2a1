// SPDX-License-Identifier: BSD-3-Clause
// Empty: the precompiled headers of the test programs need a target of their own.
