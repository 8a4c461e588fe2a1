/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The smallest linked-in driver. VSN is its version. */
#include <erl_driver.h>

const int version = VSN;

static ErlDrvData start(ErlDrvPort port, char *command)
{
    return (ErlDrvData) port;
}

static ErlDrvEntry entry = {
    .start = start,
    .driver_name = "zoo_drv",
    .extended_marker = ERL_DRV_EXTENDED_MARKER,
    .major_version = ERL_DRV_EXTENDED_MAJOR_VERSION,
    .minor_version = ERL_DRV_EXTENDED_MINOR_VERSION,
};

DRIVER_INIT(zoo_drv)
{
    return &entry;
}
