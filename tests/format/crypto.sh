# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# OpenSSL's command line agrees with what src/crypto writes.

crypto_samples() {
	mkdir -p "$SW_TMP/crypto" && cd "$SW_TMP/crypto" &&
		"$SW_BUILD/tests/format/format_crypto_samples" &&
		openssl x509 -inform der -in health.der -out health.pem
}

crypto_dir=$PWD
check "src/crypto writes its samples" crypto_samples
cd "$SW_TMP/crypto" || exit 3

for name in issuer sign-p256 sign-p384 sign-rsa encrypt-p256 encrypt-rsa; do
	check "openssl verify accepts the $name certificate" \
		openssl verify -check_ss_sig -CAfile $name.pem $name.pem
	check "openssl pkey finds the $name private key valid" \
		openssl pkey -inform der -in $name.p8 -noout -check
	check "the $name certificate is the same through openssl x509" \
		bash -c "openssl x509 -in $name.pem -outform der | cmp - $name.der"
done

check "openssl x509 shows a health certificate" \
	openssl x509 -in health.pem -noout -text
says "CN = host-1" "with the host's name"
says "2.25.330944774082046126820577436126510079317.1.1" "with its purpose"
check "openssl verify accepts a health certificate under its signer" \
	openssl verify -attime 1700000001 -CAfile issuer.pem health.pem
exits 2 "T51 and not after its time" \
	openssl verify -CAfile issuer.pem health.pem
exits 2 "T52 nor under another signer" \
	openssl verify -attime 1700000001 -CAfile sign-p256.pem health.pem

check "openssl pkcs7 reads the bag of certificates" \
	openssl pkcs7 -inform der -in bag.p7b -print_certs
says "CN = encrypt-rsa" "and finds them in it"

cd "$crypto_dir" || exit 3
