// SPDX-License-Identifier: BSD-3-Clause
#pragma once

namespace erlrc {

/// Enters the network and the mount namespace of the calling program, if they are others than ours; our root
/// directory becomes its root directory. rpm 4.20 and later run scriptlets in namespaces of their own,
/// without a network and with an empty /home, where no node and no cookie can be reached. Call it before
/// there is a second thread. Does nothing without a visible calling program. Throws SystemError if it is not
/// allowed.
void enter_namespaces_of_caller();

}  // namespace erlrc
