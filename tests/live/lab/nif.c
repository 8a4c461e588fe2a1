/* SPDX-License-Identifier: BSD-3-Clause
 *
 * The library of tests/live/lab/nif.erl. NAME is the module, VSN its version. TAKE_OVER is the result of
 * `upgrade`, which is called to take over from the library of the old code: 0 accepts. Without TAKE_OVER, the
 * library has no `upgrade`.
 *
 * The value that keep/0 makes calls a function of the library that made it, as does a library that gives
 * callbacks to others. */
#include <erl_nif.h>

/* Releases before that of the header accept the library, too. */
#undef ERL_NIF_MINOR_VERSION
#define ERL_NIF_MINOR_VERSION 14

typedef int version(void);

static ErlNifResourceType *kind;

static int own_version(void)
{
    return VSN;
}

static ERL_NIF_TERM vsn(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    return enif_make_int(env, own_version());
}

static ERL_NIF_TERM keep(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    version **kept = enif_alloc_resource(kind, sizeof *kept);
    ERL_NIF_TERM term;

    *kept = own_version;
    term = enif_make_resource(env, kept);
    enif_release_resource(kept);
    return term;
}

static ERL_NIF_TERM kept_vsn(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    void *kept;

    if (!enif_get_resource(env, argv[0], kind, &kept))
        return enif_make_badarg(env);
    return enif_make_int(env, (**(version **)kept)());
}

static ERL_NIF_TERM sum(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    int one, other;

    if (!enif_get_int(env, argv[0], &one) || !enif_get_int(env, argv[1], &other))
        return enif_make_badarg(env);
    return enif_make_int(env, one + other);
}

static int open_kind(ErlNifEnv *env)
{
    kind = enif_open_resource_type(env, NULL, "kept", NULL, ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER, NULL);
    return kind == NULL;
}

static int load(ErlNifEnv *env, void **priv, ERL_NIF_TERM info)
{
    return open_kind(env);
}

#ifdef TAKE_OVER
static int upgrade(ErlNifEnv *env, void **priv, void **old, ERL_NIF_TERM info)
{
    return TAKE_OVER != 0 ? TAKE_OVER : open_kind(env);
}
#else
#define upgrade NULL
#endif

/* The arity of sum/2 looks like the version with which an ErlNifEntry begins. */
static ErlNifFunc functions[] = {
    {"sum", 2, sum, 0}, {"vsn", 0, vsn, 0}, {"keep", 0, keep, 0}, {"kept_vsn", 1, kept_vsn, 0}};

/* Another macro, so that NAME is expanded. */
#define INIT(MODULE) ERL_NIF_INIT(MODULE, functions, load, NULL, upgrade, NULL)

INIT(NAME)
