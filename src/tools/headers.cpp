// SPDX-License-Identifier: BSD-3-Clause
// Empty: the precompiled headers of the programs need a target of their own.
