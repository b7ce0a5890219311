/* SPDX-License-Identifier: Apache-2.0 */
#include "guardian/metadata.h"
#include "guardian/metadata_xml.h"
#include "party.h"

static bool
accepts(const uint8_t *p, size_t n, void *arg)
{
	struct guardian_file f = { 0 };
	bool good;

	(void)arg;
	good = metadata_read(bytes_of(p, n), &f, NULL) == ERR_OK;
	guardian_file_free(&f);
	return good;
}

/* The document with the first `from` replaced by `to`. */
static bool
changed_reads(const struct buf *xml, const char *from, const char *to)
{
	struct buf text = BUF_INIT(2 * METADATA_MAX);
	struct buf out = BUF_INIT(4 * METADATA_MAX);
	char *at;
	bool good;

	buf_put(&text, buf_bytes(xml));
	buf_put_u8(&text, 0);
	at = strstr((char *)text.p, from);
	if (at == NULL)
		t_bail("no %s in the document", from);
	buf_put(&out, bytes_of(text.p, (size_t)(at - (char *)text.p)));
	buf_put_text(&out, to);
	buf_put_text(&out, at + strlen(from));
	good = accepts(out.p, out.len, NULL);
	buf_free(&text);
	buf_free(&out);
	return good;
}

static void
test_refused(const struct buf *xml)
{
	static const char head[] = "<Metadata";
	static const struct {
		const char *what, *from, *to;
	} bad[] = {
		{ "a document type", head,
		    "<!DOCTYPE Metadata SYSTEM \"file:///etc/passwd\"><Metadata" },
		{ "an entity", head,
		    "<!DOCTYPE m [<!ENTITY a \"b\">]><Metadata" },
		{ "an undeclared entity", "<Name>", "<Name>&a;" },
		{ "a processing instruction", head, "<?x y?><Metadata" },
		{ "another root", "<Metadata", "<Metadata2" },
		{ "another namespace", METADATA_NAMESPACE, "urn:x" },
		{ "another version", "Version=\"1\"", "Version=\"2\"" },
		{ "no version", " Version=\"1\"", "" },
		{ "an unknown attribute", "Version=\"1\"",
		    "Version=\"1\" Other=\"1\"" },
		{ "an attribute of an element", "<Name>", "<Name a=\"b\">" },
		{ "an unknown element", "<Name>", "<Other>1</Other><Name>" },
		{ "an element in a value", "<Name>", "<Name><b/>" },
		{ "an element twice", "<Name>", "<Name>x</Name><Name>" },
		{ "text between elements", "<Name>", "text<Name>" },
		{ "another version inside", "<Version>1", "<Version>2" },
		{ "an empty name", "<Name>fabric-1", "<Name>" },
		{ "a name with a slash", "<Name>fabric-1", "<Name>../x" },
		{ "a damaged certificate", "<EncryptionCertificate>",
		    "<EncryptionCertificate>AAAA" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK(!changed_reads(xml, bad[i].from, bad[i].to),
		    "%s: refused", bad[i].what);
	CHECK(changed_reads(xml, "<Name>fabric-1", "<Name>renamed"),
	    "the name is not under the signatures");
	CHECK(changed_reads(xml, "<Name>", "<!-- comment --><Name>"),
	    "comments are passed over");
	CHECK(changed_reads(xml, "</SigningCertificate>",
		  "\r\n  </SigningCertificate>"),
	    "white space in base64 is passed over");
}

static void
test_limits(const struct buf *xml)
{
	struct buf big = BUF_INIT(4 * METADATA_MAX);
	struct guardian_file f = { 0 };
	struct diag d = { 0 };
	int r;

	buf_put(&big, buf_bytes(xml));
	while (big.len <= METADATA_MAX)
		buf_put_text(&big, "\n");
	r = metadata_read(buf_bytes(&big), &f, &d);
	CHECK(t_said(r, &d, REASON_FileInvalid), "too long a document");
	buf_reset(&big);
	buf_put_text(&big,
	    "<Metadata xmlns=\"" METADATA_NAMESPACE
	    "\" Version=\"1\"><GuardianInformation><Version>");
	for (size_t i = 0; i < GUARDIAN_CERT_MAX * 2; i++)
		buf_put_u8(&big, '1');
	r = metadata_read(buf_bytes(&big), &f, &d);
	CHECK(t_said(r, &d, REASON_FileInvalid), "too long a value");
	buf_reset(&big);
	for (size_t i = 0; i < 10000; i++)
		buf_put_text(&big, "<a>");
	r = metadata_read(buf_bytes(&big), &f, &d);
	CHECK(t_said(r, &d, REASON_FileInvalid), "deep nesting");
	buf_free(&big);
}

int
main(void)
{
	struct buf xml = BUF_INIT(METADATA_MAX);
	struct guardian_file f = { 0 };
	struct party p, thief;
	struct guardian g;
	struct diag d = { 0 };
	int r;

	t_party(&p, "fabric-1", T_P256, T_P256);
	t_party(&thief, "fabric-1", T_P256, T_P256);
	t_need(metadata_write(&p.file.g, &xml, &d), &d, "metadata_write");
	CHECK(accepts(xml.p, xml.len, NULL), "the document is good");
	/* The last byte is a line feed after the end of the document. */
	CHECK(t_truncations(xml.p, xml.len - 1, accepts, NULL) == 0,
	    "no truncation is accepted");
	test_refused(&xml);
	test_limits(&xml);

	g = p.file.g;
	g.enc_cert = thief.file.g.enc_cert;
	buf_reset(&xml);
	t_need(metadata_write(&g, &xml, &d), &d, "metadata_write");
	r = metadata_read(buf_bytes(&xml), &f, &d);
	CHECK(t_said(r, &d, REASON_SignatureInvalid),
	    "T67 metadata with another's encryption certificate: refused");
	buf_free(&xml);
	t_party_free(&p);
	t_party_free(&thief);
	return t_done();
}
