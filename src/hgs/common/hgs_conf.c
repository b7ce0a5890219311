/* SPDX-License-Identifier: Apache-2.0 */
#include "hgs/common/hgs_conf.h"

#include "conf/conf.h"
#include "conf/paths.h"

#define T struct hgs_conf

static const struct conf_key keys[] = {
	CONF_TEXT(T, "service", "listen", listen, "http://0.0.0.0:80"),
	CONF_TEXT(T, "service", "tls_listen", tls_listen, ""),
	CONF_PATH(T, "service", "tls_cert", tls_cert, ""),
	CONF_PATH(T, "service", "tls_key", tls_key, ""),
	CONF_TEXT(T, "service", "url", url, ""),
	CONF_PATH(T, "keys", "passphrase_file", passphrase_file, ""),
	CONF_DURATION(T, "attestation", "certificate_lifetime",
	    certificate_lifetime, 60, 86400, "8h"),
	CONF_SIZE(T, "attestation", "evidence_max", evidence_max, 1 << 16,
	    64 << 20, "64M"),
	CONF_NUMBER(T, "attestation", "rate_per_peer", rate_per_peer, 1,
	    1000000, "600"),
	CONF_DURATION(T, "release", "release_max_age", release_max_age, 1,
	    86400, "5m"),
	CONF_DURATION(T, "release", "start_lease", start_lease, 30, 86400,
	    "10m"),
	CONF_SIZE(T, "store", "max_size", max_size, 0, (uint64_t)1 << 44, "0"),
};
static const struct conf_table table = { keys, ARRAY_LEN(keys), sizeof(T) };

int
hgs_conf_load(const char *root, struct hgs_conf *ret, struct diag *d)
{
	struct hgs_conf c = { 0 };
	int r;

	if ((r = conf_load(&table, root, PATH_HGS_CONF, &c, d)) < 0)
		return r;
	if (c.tls_listen[0] != '\0' &&
	    (c.tls_cert[0] == '\0' || c.tls_key[0] == '\0'))
		return diag_fail(d, ERR_USAGE,
		    "tls_listen: needs tls_cert and tls_key");
	if (c.release_max_age > c.certificate_lifetime)
		return diag_fail(d, ERR_USAGE,
		    "release_max_age: longer than certificate_lifetime");
	*ret = c;
	return ERR_OK;
}
