// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <cstdint>

namespace erlrc {

// The instructions that are read here, as in genop.tab of the compiler; the same in OTP 23 to 29.
enum Opcode : std::uint8_t {
  kLabel = 1,
  kFuncInfo = 2,
  kEndOfCode = 3,
  kCall = 4,
  kCallLast = 5,
  kCallOnly = 6,
  kCallExt = 7,
  kCallExtLast = 8,
  kBif0 = 9,
  kBif1 = 10,
  kBif2 = 11,
  kTestHeap = 16,
  kReturn = 19,
  kSend = 20,
  kLoopRec = 23,
  kLoopRecEnd = 24,
  kWait = 25,
  kWaitTimeout = 26,
  kIsEqExact = 43,
  kIsNotEqExact = 44,
  kIsTuple = 57,
  kTestArity = 58,
  kSelectVal = 59,
  kSelectTupleArity = 60,
  kCatch = 62,
  kMove = 64,
  kPutTuple = 70,
  kCallFun = 75,
  kCallExtOnly = 78,
  kBsPutString = 92,
  kMakeFun2 = 103,
  kTry = 104,
  kApply = 112,
  kApplyLast = 113,
  kGcBif1 = 124,
  kGcBif2 = 125,
  kBsMatchString = 132,
  kGcBif3 = 152,
  kLine = 153,
  kIsTaggedTuple = 159,
  kPutTuple2 = 164,
  kMakeFun3 = 171,
  kBsCreateBin = 177,
  kCallFun2 = 178,
  kExecutableLine = 183,
};

}  // namespace erlrc
