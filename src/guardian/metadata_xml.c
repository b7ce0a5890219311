/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metadata.xml by expat with namespaces. The document is a fixed tree of
 * elements in a fixed order, so reading it is one walk through a table; what is
 * not the next row is refused.
 */
#include "guardian/metadata_xml.h"

#include <string.h>

#include <expat.h>

#include "guardian/guardian_impl.h"
#include "guardian/metadata.h"

#define SEPARATOR '|'
#define PREFIX    METADATA_NAMESPACE "|"

enum row {
	ROW_VERSION,
	ROW_NAME,
	ROW_ENC_CERT,
	ROW_SIGN_CERT,
	ROW_ENC_PROOF,
	ROW_SIGN_PROOF,
	ROW_COUNT
};

static const char *const rows[ROW_COUNT] = {
	[ROW_VERSION] = PREFIX "Version",
	[ROW_NAME] = PREFIX "Name",
	[ROW_ENC_CERT] = PREFIX "EncryptionCertificate",
	[ROW_SIGN_CERT] = PREFIX "SigningCertificate",
	[ROW_ENC_PROOF] = PREFIX "EncryptionCertificateSignature",
	[ROW_SIGN_PROOF] = PREFIX "SigningCertificateSelfSignature",
};

/* Base64 of the largest certificate, with a line break per 64 characters. */
#define TEXT_MAX (GUARDIAN_CERT_MAX * 3 / 2)

struct walk {
	XML_Parser parser;
	struct diag *d;
	int depth;     /* of open elements */
	unsigned next; /* row that comes next, or is open at depth 3 */
	struct buf text[ROW_COUNT];
	bool refused;
};

static void
refuse(struct walk *w, const char *what)
{
	if (w->refused)
		return;
	w->refused = true;
	(void)diag_refuse(w->d, REASON_FileInvalid, "metadata: %s at line %lu",
	    what, (unsigned long)XML_GetCurrentLineNumber(w->parser));
	(void)XML_StopParser(w->parser, XML_FALSE);
}

static void
check_root(struct walk *w, const XML_Char *name, const XML_Char **attributes)
{
	if (strcmp(name, PREFIX "Metadata") != 0)
		refuse(w, "not guardian metadata");
	else if (attributes[0] == NULL ||
	    strcmp(attributes[0], "Version") != 0 ||
	    strcmp(attributes[1], "1") != 0 || attributes[2] != NULL)
		refuse(w, "version is not 1");
}

static void XMLCALL
on_start(void *arg, const XML_Char *name, const XML_Char **attributes)
{
	struct walk *w = arg;

	w->depth++;
	if (w->depth == 1) {
		check_root(w, name, attributes);
		return;
	}
	if (attributes[0] != NULL)
		refuse(w, "unknown attribute");
	else if (w->depth == 2 &&
	    (w->next != 0 || strcmp(name, PREFIX "GuardianInformation") != 0))
		refuse(w, "unknown element");
	else if (w->depth == 3 &&
	    (w->next >= ROW_COUNT || strcmp(name, rows[w->next]) != 0))
		refuse(w, "unknown element, or not in its place");
	else if (w->depth > 3)
		refuse(w, "element inside a value");
}

static void XMLCALL
on_end(void *arg, const XML_Char *name)
{
	struct walk *w = arg;

	(void)name;
	if (w->depth == 3)
		w->next++;
	else if (w->depth == 2 && w->next != ROW_COUNT)
		refuse(w, "an element is missing");
	w->depth--;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void XMLCALL
on_text(void *arg, const XML_Char *text, int len)
{
	struct walk *w = arg;

	for (int i = 0; i < len; i++) {
		if (is_space(text[i]))
			continue;
		if (w->depth != 3) {
			refuse(w, "text between elements");
			return;
		}
		if (!buf_put_u8(&w->text[w->next], (uint8_t)text[i])) {
			refuse(w, "a value is too long");
			return;
		}
	}
}

static void XMLCALL
on_doctype(void *arg, const XML_Char *name, const XML_Char *system_id,
    const XML_Char *public_id, int has_internal)
{
	(void)name;
	(void)system_id;
	(void)public_id;
	(void)has_internal;
	refuse(arg, "document type declaration");
}

static void XMLCALL
on_instruction(void *arg, const XML_Char *target, const XML_Char *data)
{
	(void)target;
	(void)data;
	refuse(arg, "processing instruction");
}

static int
walk_document(struct walk *w, struct bytes xml)
{
	XML_SetUserData(w->parser, w);
	XML_SetElementHandler(w->parser, on_start, on_end);
	XML_SetCharacterDataHandler(w->parser, on_text);
	XML_SetStartDoctypeDeclHandler(w->parser, on_doctype);
	XML_SetProcessingInstructionHandler(w->parser, on_instruction);
	if (XML_Parse(w->parser, (const char *)xml.p, (int)xml.len, XML_TRUE) !=
	    XML_STATUS_OK) {
		if (w->refused)
			return ERR_REFUSED;
		return diag_refuse(w->d, REASON_FileInvalid,
		    "metadata: %s at line %lu",
		    XML_ErrorString(XML_GetErrorCode(w->parser)),
		    (unsigned long)XML_GetCurrentLineNumber(w->parser));
	}
	return ERR_OK;
}

static int
build(struct walk *w, struct guardian_file *ret)
{
	static const enum row binary[] = { ROW_ENC_CERT, ROW_SIGN_CERT,
		ROW_ENC_PROOF, ROW_SIGN_PROOF };
	auto_guardian_file struct guardian_file f = { 0 };
	struct buf value[ROW_COUNT] = { 0 };
	struct guardian g;
	int r = ERR_OK;

	if (!bytes_equal_text(buf_bytes(&w->text[ROW_VERSION]), "1"))
		return diag_refuse(w->d, REASON_UnsupportedVersion,
		    "metadata: version is not 1");
	for (size_t i = 0; i < ARRAY_LEN(binary) && r == ERR_OK; i++) {
		value[binary[i]].max = GUARDIAN_CERT_MAX;
		r = base64_decode(buf_bytes(&w->text[binary[i]]),
		    &value[binary[i]], w->d);
	}
	g.name = buf_bytes(&w->text[ROW_NAME]);
	g.enc_cert = buf_bytes(&value[ROW_ENC_CERT]);
	g.sign_cert = buf_bytes(&value[ROW_SIGN_CERT]);
	g.enc_proof = buf_bytes(&value[ROW_ENC_PROOF]);
	g.sign_proof = buf_bytes(&value[ROW_SIGN_PROOF]);
	if (r == ERR_OK)
		r = guardian_own(&g, &f, w->d);
	if (r == ERR_OK)
		r = guardian_check(&f.g, w->d);
	for (size_t i = 0; i < ROW_COUNT; i++)
		buf_free(&value[i]);
	if (r < 0) {
		diag_prefix(w->d, "metadata");
		return r;
	}
	*ret = f;
	f = (struct guardian_file){ 0 };
	return ERR_OK;
}

int
metadata_read(struct bytes xml, struct guardian_file *ret, struct diag *d)
{
	struct diag own = { 0 };
	struct walk w = { .d = d != NULL ? d : &own };
	int r;

	if (xml.len > METADATA_MAX)
		return diag_refuse(d, REASON_FileInvalid,
		    "metadata: %zu bytes, at most %d", xml.len, METADATA_MAX);
	w.parser = XML_ParserCreateNS("UTF-8", SEPARATOR);
	if (w.parser == NULL)
		return diag_nomem(d);
	for (size_t i = 0; i < ROW_COUNT; i++)
		w.text[i].max = TEXT_MAX;
	if ((r = walk_document(&w, xml)) == ERR_OK)
		r = build(&w, ret);
	for (size_t i = 0; i < ROW_COUNT; i++)
		buf_free(&w.text[i]);
	XML_ParserFree(w.parser);
	return r;
}
