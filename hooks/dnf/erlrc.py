# SPDX-License-Identifier: BSD-3-Clause
"""Plugin of dnf 4: running Erlang nodes are upgraded before rpm unpacks anything.

It reports the elements of the transaction to erlrc-hook, which decides. See erlrc-hook(8).
"""

import atexit
import os
import subprocess

import dnf
import dnf.exceptions
import dnf.transaction

HOOK = "/usr/bin/erlrc-hook"


class Erlrc(dnf.Plugin):
    name = "erlrc"

    def __init__(self, base, cli):
        super().__init__(base, cli)
        self.base = base
        self.begun = False
        # After a transaction that fails, dnf does not call transaction().
        atexit.register(self.end)

    def pre_transaction(self):
        # Nodes of this host do not use the files of another root directory, and a transaction that is only
        # tested or recorded changes no files.
        if self.base.conf.installroot != "/" or {"test", "justdb"} & set(self.base.conf.tsflags):
            return
        if not os.access(HOOK, os.X_OK):
            return
        lines = self.elements()
        if any("\n" in line for line in lines):
            raise dnf.exceptions.Error("erlrc: the name of an archive has several lines; nothing was changed")
        # Before the answer: the end also clears what a call that was killed has begun.
        self.begun = True
        text = "".join(line + "\n" for line in lines)
        answer = subprocess.run([HOOK, "rpm", "begin"], input=text.encode(), check=False)
        if answer.returncode == 1:
            raise dnf.exceptions.Error("erlrc: erlrc-hook has refused the transaction (see above); nothing was changed")
        if answer.returncode != 0:
            raise dnf.exceptions.Error(
                "erlrc: erlrc-hook has failed (see above); no package was changed, but a node may have been: "
                "`erlrc-hook rpm recover` brings nodes in sync")

    def elements(self):
        """What the hook reads, a line each. The names of archives come from the repository, often without a signature."""
        lines = []
        for item in self.base.transaction:
            if item.action in dnf.transaction.FORWARD_ACTIONS:
                lines.append("install " + os.path.abspath(item.pkg.localPkg()))
            elif item.action in dnf.transaction.BACKWARD_ACTIONS or item.action == dnf.transaction.PKG_REMOVE:
                lines.append("erase %s %s" % (item.name, item.pkg.evr))
        return lines

    def transaction(self):
        if not self.end():
            raise dnf.exceptions.Error("erlrc: the packages are changed, but not every node is as they are (see above)")

    def end(self):
        if not self.begun:
            return True
        self.begun = False
        if not os.access(HOOK, os.X_OK):  # the transaction has removed it
            return True
        return subprocess.run([HOOK, "rpm", "end"], stdin=subprocess.DEVNULL, check=False).returncode == 0
