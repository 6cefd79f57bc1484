"""OPC UA server: asyncua, with endpoints None and Basic256Sha256."""

import asyncio
import math
from datetime import datetime, timezone
from pathlib import Path

from asyncua import Server, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.permission_rules import User, UserRole
from cryptography.x509.oid import ExtendedKeyUsageOID


class Accounts:
    """Users with passwords; anonymous sessions only where the configuration says so."""

    def __init__(self, users: dict[str, str], anonymous: bool) -> None:
        self.users = users
        self.anonymous = anonymous

    def get_user(self, iserver, username=None, password=None, certificate=None):
        if username is None:
            return User(role=UserRole.User) if self.anonymous else None
        known = self.users.get(username) == password
        return User(role=UserRole.Admin, name=username) if known else None


POLICIES = {
    "None": ua.SecurityPolicyType.NoSecurity,
    "Sign": ua.SecurityPolicyType.Basic256Sha256_Sign,
    "SignAndEncrypt": ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt,
}


async def _secure(server: Server, config: dict) -> None:
    uri = config["application_uri"]
    await setup_self_signed_certificate(
        Path("opcua-key.pem"), Path("opcua-cert.der"), uri, config["ip"],
        [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH],
        {"commonName": config["name"], "organizationName": config["identity"]["manufacturer"]},
    )
    await server.load_certificate("opcua-cert.der")
    await server.load_private_key("opcua-key.pem")
    server.set_security_policy([POLICIES[name] for name in config["policies"]])
    tokens = [ua.UserNameIdentityToken]
    server.set_identity_tokens(([ua.AnonymousIdentityToken] if config["anonymous"] else []) + tokens)


async def _main(config: dict) -> None:
    identity = config["identity"]
    server = Server(user_manager=Accounts(config.get("users", {}), config["anonymous"]))
    await server.init()
    await server.set_application_uri(config["application_uri"])
    server.product_uri = identity["product_uri"]
    server.set_server_name(identity["product"])
    server.set_endpoint(f"opc.tcp://{config['ip']}:4840")
    await _secure(server, config)
    await server.set_build_info(
        identity["product_uri"], identity["manufacturer"], identity["product"],
        identity["version"], identity["build"], datetime(2019, 6, 3, tzinfo=timezone.utc),
    )
    space = await server.register_namespace(f"urn:{config['name']}:line")
    line = await server.nodes.objects.add_object(space, config.get("folder", "Line"))
    values = []
    for number, name in enumerate(config["variables"]):
        node = ua.NodeId(name, space)
        variable = await line.add_variable(node, name, 10.0 + number)
        await variable.set_writable()
        values.append(variable)
    async with server:
        step = 0
        while True:
            await asyncio.sleep(1.0)
            step += 1
            for number, variable in enumerate(values):
                await variable.write_value(10.0 + number + math.sin(step / 5 + number))


def run(config: dict) -> None:
    asyncio.run(_main(config))
