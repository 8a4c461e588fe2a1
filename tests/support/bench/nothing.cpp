// SPDX-License-Identifier: BSD-3-Clause
// The floor of what any program costs: one that does nothing, linked as ours are.

int main() {}
