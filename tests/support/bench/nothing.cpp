// SPDX-License-Identifier: BSD-3-Clause
// A program that does nothing, linked like ours: the lower limit of the time of any program.

int main() {}
