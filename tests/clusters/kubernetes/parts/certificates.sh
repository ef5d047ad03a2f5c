# Certificates and kubeconfigs of one cluster; source it after settings.sh, with RUN set.
# shellcheck shell=bash

# certificate_authority NAME: $PKI/NAME.crt and .key.
certificate_authority() {
    [ -s "$PKI/$1.crt" ] && return
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 -subj "/CN=$1" \
        -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature -keyout "$PKI/$1.key" -out "$PKI/$1.crt" 2>/dev/null \
        || die "no certificate for $1"
}

# certificate NAME SUBJECT USAGE [SUBJECT_ALT_NAMES [AUTHORITY]]: USAGE is clientAuth, serverAuth or both, by comma.
certificate() {
    local name=$1 subject=$2 usage=$3 names=${4:-} authority=${5:-ca}
    [ -s "$PKI/$name.crt" ] && return
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$subject" \
        -keyout "$PKI/$name.key" -out "$PKI/$name.csr" 2>/dev/null || die "no key for $name"
    {
        echo "keyUsage=critical,digitalSignature"
        echo "extendedKeyUsage=$usage"
        [ -z "$names" ] || echo "subjectAltName=$names"
    } >"$PKI/$name.ext"
    openssl x509 -req -in "$PKI/$name.csr" -CA "$PKI/$authority.crt" -CAkey "$PKI/$authority.key" -days 3650 \
        -set_serial "0x$(openssl rand -hex 16)" -extfile "$PKI/$name.ext" -out "$PKI/$name.crt" 2>/dev/null \
        || die "no certificate for $name"
    rm -f "$PKI/$name.csr" "$PKI/$name.ext"
}

# kubeconfig FILE CERTIFICATE: everything inline, so the file can be moved.
kubeconfig() {
    local file=$1 name=$2
    [ -s "$file" ] && return
    (umask 077; cat >"$file" <<YAML
apiVersion: v1
kind: Config
current-context: $name
contexts: [{name: $name, context: {cluster: submarine, user: $name}}]
clusters:
- name: submarine
  cluster:
    server: $APISERVER_URL
    certificate-authority-data: $(base64 -w0 <"$PKI/ca.crt")
users:
- name: $name
  user:
    client-certificate-data: $(base64 -w0 <"$PKI/$name.crt")
    client-key-data: $(base64 -w0 <"$PKI/$name.key")
YAML
)
}
