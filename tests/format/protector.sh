# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# openssl cms opens signed objects and wraps; one that it makes is read here.
# The options are those that doc/FORMAT.signed-object and FORMAT.protector give.

protector_tool=$SW_BUILD/tests/protector/protector_tool
protector_dir=$SW_TMP/protector
arc=2.25.330944774082046126820577436126510079317.2

# same FILE TEXT: the file is this one line.
same() {
	printf '%s\n' "$2" | cmp - "$1"
}

verify_object() {
	openssl cms -verify -binary -inform DER -in "$1" -certfile "$2" \
		-nointern -noverify -out "$protector_dir/out"
}

open_wrap() {
	openssl cms -decrypt -binary -inform DER -in "$protector_dir/wrap" \
		-recip "$1" -inkey "$2" -out "$protector_dir/out" &&
		same "$protector_dir/out" "plaintext of a wrap"
}

# sign_object KIND KEYNAME [OPTION]...
sign_object() {
	local kind=$1 key=$2

	shift 2
	openssl cms -sign -binary -nodetach -nosmimecap -nocerts -keyid \
		-md sha256 -econtent_type "$arc.$kind" \
		-in "$protector_dir/content" \
		-signer "$protector_dir/$key.sign.pem" \
		-inkey "$protector_dir/$key.sign.key" "$@" \
		-outform DER -out "$protector_dir/made"
}

open_object() {
	"$protector_tool" open "$1" "$protector_dir/$2.sign.cer" \
		"$protector_dir/made"
}

mkdir -p "$protector_dir"
check "objects and wraps are written" "$protector_tool" format "$protector_dir"
echo "made by openssl" >"$protector_dir/content"

for key in P-256 P-384 RSA-2048 RSA-3072; do
	for use in sign enc; do
		openssl x509 -inform DER -in "$protector_dir/$key.$use.cer" \
			-out "$protector_dir/$key.$use.pem"
	done

	check "openssl cms -verify opens an object signed by $key" \
		verify_object "$protector_dir/$key.baseline" \
		"$protector_dir/$key.sign.pem"
	check "with the content that was signed" \
		same "$protector_dir/out" "content of a baseline"
	check "openssl cms -decrypt opens a wrap with $key" \
		open_wrap "$protector_dir/$key.enc.pem" \
		"$protector_dir/$key.enc.key"

	options=()
	case $key in
	RSA-*) options=(-keyopt rsa_padding_mode:pss
		-keyopt rsa_pss_saltlen:32) ;;
	esac
	check "openssl cms -sign makes an object with $key" \
		sign_object 4 "$key" "${options[@]}"
	check "that is read here" open_object 4 "$key"
	says "made by openssl" "with the content that was signed"
	refused "T93 but not as another kind" open_object 5 "$key"
done

check "openssl cms -sign makes an object with a certificate in it" \
	openssl cms -sign -binary -nodetach -nosmimecap -keyid -md sha256 \
	-econtent_type "$arc.4" -in "$protector_dir/content" \
	-signer "$protector_dir/P-256.sign.pem" \
	-inkey "$protector_dir/P-256.sign.key" \
	-outform DER -out "$protector_dir/made"
refused "T58 that is not read here" open_object 4 P-256
check "openssl cms -sign makes an object without signed attributes" \
	sign_object 4 P-256 -noattr
refused "T58 that is not read here" open_object 4 P-256
check "openssl cms -sign makes an object with PKCS#1 v1.5" \
	sign_object 4 RSA-2048
refused "T58 that is not read here" open_object 4 RSA-2048
check "openssl cms -sign makes an object with another salt length" \
	sign_object 4 RSA-2048 -keyopt rsa_padding_mode:pss \
	-keyopt rsa_pss_saltlen:20
refused "T58 that is not read here" open_object 4 RSA-2048
check "openssl cms -sign makes an object with SHA-384" \
	sign_object 4 P-384 -md sha384
refused "T58 that is not read here" open_object 4 P-384
