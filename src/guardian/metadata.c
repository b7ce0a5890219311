/* SPDX-License-Identifier: Apache-2.0 */
#include "guardian/metadata.h"

static void
put_base64(struct buf *b, const char *element, struct bytes in)
{
	(void)buf_printf(b, "    <%s>", element);
	(void)base64_put(b, in);
	(void)buf_printf(b, "</%s>\n", element);
}

/*
 * A name is of [A-Za-z0-9._-] and everything else is base64, so that nothing
 * needs escaping.
 */
int
metadata_write(const struct guardian *g, struct buf *ret, struct diag *d)
{
	int r;

	if ((r = name_check("guardian", g->name, d)) < 0)
		return r;
	(void)buf_put_text(ret,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<Metadata xmlns=\"" METADATA_NAMESPACE "\" Version=\"1\">\n"
	    "  <GuardianInformation>\n"
	    "    <Version>1</Version>\n"
	    "    <Name>");
	(void)buf_put(ret, g->name);
	(void)buf_put_text(ret, "</Name>\n");
	put_base64(ret, "EncryptionCertificate", g->enc_cert);
	put_base64(ret, "SigningCertificate", g->sign_cert);
	put_base64(ret, "EncryptionCertificateSignature", g->enc_proof);
	put_base64(ret, "SigningCertificateSelfSignature", g->sign_proof);
	(void)buf_put_text(ret, "  </GuardianInformation>\n</Metadata>\n");
	return buf_check(ret, "metadata", d);
}
