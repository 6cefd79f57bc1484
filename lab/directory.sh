#!/bin/sh
# Directories of its own on loopback, for crates/connect/tests/directory.rs: a slapd (OpenLDAP) and a domain controller (Samba).
#
#   lab/directory.sh slapd FOLDER PORT TLSPORT   starts slapd in a new folder; prints its process id
#   lab/directory.sh samba FOLDER                provisions a domain and starts its controller on 127.0.0.1; prints its process id
#
# Needs the Debian packages slapd, ldap-utils and openssl, or samba and samba-ad-dc, as root. Who starts them ends them, by the process id,
# and removes the folder. Nothing of the machine's own slapd or Samba is touched.
set -eu
home=$2
mkdir -p "$home"
home=$(cd "$home" && pwd)

# A certificate for 127.0.0.1, vouched for by an authority of its own.
certificates() {
    cd "$home"
    printf '%s\n' '[ca]' 'basicConstraints=critical,CA:TRUE' 'keyUsage=critical,keyCertSign' \
        '[server]' 'subjectAltName=IP:127.0.0.1,DNS:dc1.plant.example' 'extendedKeyUsage=serverAuth' > ext.cnf
    openssl req -newkey rsa:2048 -nodes -keyout ca.key -out ca.csr -subj "/CN=Test authority" 2>/dev/null
    openssl x509 -req -in ca.csr -signkey ca.key -days 2 -out ca.pem -extfile ext.cnf -extensions ca 2>/dev/null
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj "/CN=127.0.0.1" 2>/dev/null
    openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -out server.pem -extfile ext.cnf -extensions server 2>/dev/null
    chmod 600 server.key
}

openldap() {
    certificates
    mkdir -p "$home/db"
    cat > "$home/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile $home/pid
TLSCACertificateFile $home/ca.pem
TLSCertificateFile $home/server.pem
TLSCertificateKeyFile $home/server.key
sizelimit 5
database mdb
maxsize 67108864
directory $home/db
suffix "dc=plant,dc=example"
rootdn "cn=admin,dc=plant,dc=example"
rootpw secret
overlay memberof
limits dn.exact="cn=reader,dc=plant,dc=example" size.pr=unlimited size.prtotal=unlimited size=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="cn=reader,dc=plant,dc=example" read by anonymous auth by * none
CONF
    {
        printf 'dn: dc=plant,dc=example\nobjectClass: dcObject\nobjectClass: organization\ndc: plant\no: Plant\n\n'
        printf 'dn: cn=reader,dc=plant,dc=example\nobjectClass: organizationalRole\nobjectClass: simpleSecurityObject\ncn: reader\nuserPassword: l\303\266sbar geheim\n\n'
        # More than one page.
        n=1
        while [ $n -le 1200 ]; do
            printf 'dn: uid=u%s,dc=plant,dc=example\nobjectClass: inetOrgPerson\nobjectClass: posixAccount\nobjectClass: shadowAccount\nuid: u%s\ncn: User %s\nsn: %s\nuidNumber: %s\ngidNumber: 500\nhomeDirectory: /\nloginShell: /bin/sh\nshadowExpire: 20789\nuserPassword: pw%s\n\n' $n $n $n $n $n $n
            n=$((n + 1))
        done
        printf 'dn: cn=ops,dc=plant,dc=example\nobjectClass: posixGroup\ncn: ops\ngidNumber: 500\nmemberUid: u7\n\n'
        printf 'dn: cn=engineers,dc=plant,dc=example\nobjectClass: groupOfNames\ncn: engineers\nmember: uid=u1,dc=plant,dc=example\n\n'
        printf 'dn: cn=all,dc=plant,dc=example\nobjectClass: groupOfNames\ncn: all\nmember: cn=engineers,dc=plant,dc=example\n\n'
        printf 'dn: ou=elsewhere,dc=plant,dc=example\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://192.0.2.1/ou=elsewhere,dc=other\n\n'
    } > "$home/seed.ldif"
    slapadd -q -f "$home/slapd.conf" -l "$home/seed.ldif"
    slapd -d 0 -f "$home/slapd.conf" -h "ldap://127.0.0.1:$1 ldaps://127.0.0.1:$2" > "$home/log" 2>&1 &
    echo $!
}

domain() {
    certificates
    samba-tool domain provision --quiet --use-rfc2307 --server-role=dc --dns-backend=NONE --realm=PLANT.EXAMPLE --domain=PLANT \
        --host-name=dc1 --host-ip=127.0.0.1 --adminpass='Adm1n-secret' --targetdir="$home/ad" \
        --option="interfaces=lo" --option="bind interfaces only=yes" > "$home/provision.log" 2>&1
    sed -i "/\[global\]/a tls enabled = yes\ntls keyfile = $home/server.key\ntls certfile = $home/server.pem\ntls cafile = $home/ca.pem\nserver services = rpc, ldap, kdc, winbindd\ndcerpc endpoint servers = epmapper, wkssvc, samr, netlogon, lsarpc, drsuapi, dnsserver\nlog level = 1" "$home/ad/etc/smb.conf"
    tool() { samba-tool "$@" --configfile="$home/ad/etc/smb.conf" > /dev/null 2>> "$home/provision.log"; }
    tool user create j.bauer 'J0-secret-1' --given-name=Jo --surname=Bauer
    tool user create gone 'G0ne-secret-1'
    tool user disable gone
    tool user setexpiry j.bauer --noexpiry
    tool user create temp 'T3mp-secret-1'
    tool user setexpiry temp --days=30
    tool group add Engineers
    tool group add Staff
    tool group addmembers Engineers j.bauer
    tool group addmembers Staff Engineers
    tool computer create pc7
    samba -i --no-process-group --configfile="$home/ad/etc/smb.conf" > "$home/log" 2>&1 < /dev/null &
    echo $!
}

case $1 in
    slapd) openldap "$3" "$4" ;;
    samba) domain ;;
    *) echo "directory.sh slapd FOLDER PORT TLSPORT | directory.sh samba FOLDER" >&2; exit 2 ;;
esac
