/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes objects for other programs to look at: `format DIR` for the format
 * suite, `seeds DIR` for the fuzz corpus, `example DIR` for the documents (as
 * hex). `open KIND CERTIFICATE OBJECT` reads what others wrote.
 */
#include <sys/stat.h>

#include "guardian/metadata.h"
#include "protector/ticket.h"
#include "signed/signed.h"
#include "vm.h"

static const char *dir;

static void
save(const char *name, struct bytes in)
{
	char path[4096];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (f == NULL || fwrite(in.p, 1, in.len, f) != in.len || fclose(f) != 0)
		t_bail("%s: %s", path, strerror(errno));
}

static void
save_hex(const char *name, struct bytes in)
{
	struct buf text = BUF_INIT((size_t)4 << 20);

	buf_put_text(&text, "-----BEGIN EXAMPLE-----\n");
	for (size_t i = 0; i < in.len; i += 36) {
		size_t n = in.len - i < 36 ? in.len - i : 36;

		hex_put(&text, bytes_of(in.p + i, n));
		buf_put_text(&text, "\n");
	}
	buf_put_text(&text, "-----END EXAMPLE-----\n");
	save(name, buf_bytes(&text));
	buf_free(&text);
}

static void
save_key(const char *name, const struct key *key,
    void (*how)(const char *, struct bytes))
{
	auto_secret struct secret der = SECRET_NONE;
	struct diag d = { 0 };

	t_need(key_to_pkcs8(key, &der, &d), &d, "key_to_pkcs8");
	how(name, secret_bytes(&der));
}

static void
sign(const struct party *p, enum signed_kind kind, const char *content,
    struct buf *ret)
{
	struct diag d = { 0 };

	t_need(signed_make(kind, bytes_of_text(content), p->sign, p->s.ski, ret,
		   &d),
	    &d, "signed_make");
}

/* For each kind of key: certificates, keys, a signed object; one wrap. */
static void
write_format(void)
{
	const struct guardian_cert *to[T_KINDS];
	struct wrap_random random = t_random();
	struct party p[T_KINDS];
	struct buf wrap = BUF_INIT(WRAP_MAX);
	struct diag d = { 0 };
	char name[80];

	for (unsigned i = 0; i < T_KINDS; i++) {
		struct buf object = BUF_INIT(4096);

		t_party(&p[i], "owner", (enum t_kind)i, (enum t_kind)i);
		to[i] = &p[i].e;
#define SAVE(suffix, in)                                         \
	do {                                                     \
		(void)snprintf(name, sizeof(name), "%s." suffix, \
		    t_kind_name[i]);                             \
		save(name, in);                                  \
	} while (0)
		SAVE("sign.cer", p[i].file.g.sign_cert);
		SAVE("enc.cer", p[i].file.g.enc_cert);
		(void)snprintf(name, sizeof(name), "%s.sign.key",
		    t_kind_name[i]);
		save_key(name, p[i].sign, save);
		(void)snprintf(name, sizeof(name), "%s.enc.key",
		    t_kind_name[i]);
		save_key(name, p[i].enc, save);
		sign(&p[i], SIGNED_BASELINE, "content of a baseline\n",
		    &object);
		SAVE("baseline", buf_bytes(&object));
#undef SAVE
		buf_free(&object);
	}
	t_need(wrap_make(to, T_KINDS, bytes_of_text("plaintext of a wrap\n"),
		   &random, &wrap, &d),
	    &d, "wrap_make");
	save("wrap", buf_bytes(&wrap));
	buf_free(&wrap);
	for (unsigned i = 0; i < T_KINDS; i++)
		t_party_free(&p[i]);
}

static void
write_private(const struct party *p, const char *passphrase, struct buf *ret)
{
	uint8_t salt[PBE_SALT_SIZE], nonce[PBE_NONCE_SIZE];
	struct diag d = { 0 };

	random_bytes(salt, sizeof(salt));
	random_bytes(nonce, sizeof(nonce));
	t_need(guardian_private_write(&p->file.g, p->sign, p->enc,
		   bytes_of_text(passphrase), salt, nonce, ret, &d),
	    &d, "guardian_private_write");
}

/* Inputs as test_secrets.c has them. */
static void
write_secrets_example(void)
{
	static const uint8_t tk[TK_SIZE] = { 1, 2, 3 };
	struct vm_binding b = { .level = 2, .device_classes = 5 };
	struct buf sealed = BUF_INIT(VM_SECRETS_MAX);
	struct vm_secrets s;
	uint8_t salt[32];
	struct diag d = { 0 };

	t_fill(b.vm_id, 16, 1);
	t_fill(b.seal_digest, 32, 2);
	t_fill(b.owner_id, 32, 3);
	t_fill(b.firmware_digest, 32, 4);
	t_fill(b.secure_boot_keys, 32, 5);
	t_fill(b.boot_disk, 32, 6);
	t_fill(salt, 32, 9);
	t_secrets(&s);
	t_need(vm_secrets_seal(&s, BYTES_OF_ARRAY(tk), &b, salt, &sealed, &d),
	    &d, "vm_secrets_seal");
	save_hex("secrets", buf_bytes(&sealed));
	buf_free(&sealed);
}

static void
write_example(void)
{
	struct buf object = BUF_INIT(4096), public = BUF_INIT(GUARDIAN_MAX);
	struct buf private = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	struct party p;
	uint8_t fingerprint[32];
	struct vm vm;
	struct diag d = { 0 };

	t_party(&p, "example", T_P256, T_P256);
	sign(&p, SIGNED_CHANGE, "an example\n", &object);
	save_hex("signed.0", p.file.g.sign_cert);
	save_hex("signed.1", buf_bytes(&object));

	t_need(guardian_encode(&p.file.g, &public, &d), &d, "encode");
	guardian_fingerprint(&p.file.g, fingerprint);
	write_private(&p, "example", &private);
	save_hex("guardian.0", buf_bytes(&public));
	save_hex("guardian.1", BYTES_OF_ARRAY(fingerprint));
	save_hex("guardian.2", buf_bytes(&private));

	t_vm_p256(&vm, 1);
	save_hex("protector.0", buf_bytes(&vm.file));
	save_key("protector.1", vm.g[0].enc, save_hex);
	save_hex("protector.2", BYTES_OF_ARRAY(vm.tk));
	write_secrets_example();
	buf_free(&object);
	buf_free(&public);
	buf_free(&private);
	t_party_free(&p);
	t_vm_free(&vm);
}

/* Two certificates, then the wrap to them: as fuzz_wrap.c reads it. */
static void
write_wrap_seed(enum t_kind a, enum t_kind b, const char *name)
{
	struct wrap_random random = t_random();
	struct buf wrap = BUF_INIT(WRAP_MAX), seed = BUF_INIT(2 * WRAP_MAX);
	const struct guardian_cert *to[2];
	struct party p[2];
	struct diag d = { 0 };

	t_party(&p[0], "a", T_P256, a);
	t_party(&p[1], "b", T_P256, b);
	for (size_t i = 0; i < 2; i++) {
		to[i] = &p[i].e;
		buf_put_be16_blob(&seed, p[i].file.g.enc_cert);
	}
	t_need(wrap_make(to, 2, bytes_of_text("plain"), &random, &wrap, &d), &d,
	    "wrap_make");
	buf_put(&seed, buf_bytes(&wrap));
	save(name, buf_bytes(&seed));
	buf_free(&wrap);
	buf_free(&seed);
	t_party_free(&p[0]);
	t_party_free(&p[1]);
}

static void
write_protector_seeds(void)
{
	struct ticket t = { .version = TICKET_VERSION,
		.suite = 1,
		.expires = 1 };
	struct buf private = BUF_INIT(GUARDIAN_PRIVATE_MAX);
	struct buf public = BUF_INIT(GUARDIAN_MAX),
		   xml = BUF_INIT(METADATA_MAX);
	struct buf ticket = BUF_INIT(TICKET_MAX);
	struct vm vm;
	struct diag d = { 0 };

	t_vm_p256(&vm, 1);
	save("protector/file", buf_bytes(&vm.file));
	save("protector/core", buf_bytes(&vm.core));
	save("protector/secrets", buf_bytes(&vm.sealed));
	save("protector/recovery", buf_bytes(&vm.recovery));
	save("grant/one-guardian", vm.parsed->grant_der);
	save("seal/content", vm.parsed->seal_bytes);
	save("signed/grant", vm.parsed->grant_der);
	save("signed/seal", vm.parsed->seal_der);
	t_fill(t.id, 16, 1);
	t_fill(t.vm_id, 16, 2);
	t_fill(t.seal_digest, 32, 3);
	memcpy(t.family, vm.grant->c.family, 16);
	t_need(ticket_make(&t, vm.owner.sign, vm.owner.s.ski, &ticket, &d), &d,
	    "ticket_make");
	save("signed/ticket", buf_bytes(&ticket));

	t_need(guardian_encode(&vm.g[0].file.g, &public, &d), &d, "encode");
	save("guardian/public", buf_bytes(&public));
	write_private(&vm.g[0], "seed", &private);
	save("guardian/private", buf_bytes(&private));
	t_need(metadata_write(&vm.g[0].file.g, &xml, &d), &d, "metadata_write");
	save("metadata/metadata.xml", buf_bytes(&xml));
	buf_free(&private);
	buf_free(&public);
	buf_free(&xml);
	buf_free(&ticket);
	t_vm_free(&vm);
}

static void
write_seeds(void)
{
	static const char *const dirs[] = { "protector", "grant", "seal",
		"signed", "guardian", "metadata", "wrap" };
	struct buf object = BUF_INIT(4096);
	struct party rsa;
	char path[4096];

	for (size_t i = 0; i < ARRAY_LEN(dirs); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, dirs[i]);
		(void)mkdir(path, 0755);
	}
	write_protector_seeds();
	write_wrap_seed(T_P256, T_P384, "wrap/ec");
	write_wrap_seed(T_RSA2048, T_P256, "wrap/mixed");
	t_party(&rsa, "rsa", T_RSA2048, T_P256);
	sign(&rsa, SIGNED_PDK, "content", &object);
	save("signed/rsa", buf_bytes(&object));
	buf_free(&object);
	t_party_free(&rsa);
}

static int
open_object(const char *kind, const char *cert, const char *object)
{
	struct bytes content;
	size_t cert_len, len;
	uint8_t *c = t_read_file(cert, &cert_len);
	uint8_t *o = t_read_file(object, &len);
	struct diag d = { 0 };
	int r = signed_open((enum signed_kind)(kind[0] - '0'), bytes_of(o, len),
	    bytes_of(c, cert_len), &content, &d);

	if (r == ERR_OK)
		(void)fwrite(content.p, 1, content.len, stdout);
	else
		fprintf(stderr, "%s: %s\n", err_name(r), d.text);
	free(c);
	free(o);
	return r == ERR_OK ? 0 : 1;
}

int
main(int argc, char **argv)
{
	if (argc == 5 && strcmp(argv[1], "open") == 0)
		return open_object(argv[2], argv[3], argv[4]);
	if (argc == 3) {
		dir = argv[2];
		if (strcmp(argv[1], "format") == 0)
			return write_format(), 0;
		if (strcmp(argv[1], "seeds") == 0)
			return write_seeds(), 0;
		if (strcmp(argv[1], "example") == 0)
			return write_example(), 0;
	}
	fprintf(stderr,
	    "usage: %s format|seeds|example DIR\n"
	    "       %s open KIND CERTIFICATE OBJECT\n",
	    argv[0], argv[0]);
	return 2;
}
