"""OPC UA client: asyncua."""

import asyncio
from pathlib import Path

from asyncua import Client, ua
from asyncua.crypto.cert_gen import setup_self_signed_certificate
from asyncua.crypto.security_policies import SecurityPolicyBasic256Sha256
from cryptography.x509.oid import ExtendedKeyUsageOID

MODES = {"Sign": ua.MessageSecurityMode.Sign, "SignAndEncrypt": ua.MessageSecurityMode.SignAndEncrypt}


async def _secure(client: Client, mode: str, name: str) -> None:
    uri = f"urn:{name}:client"
    client.application_uri = uri
    await setup_self_signed_certificate(
        Path("client-key.pem"), Path("client-cert.der"), uri, name,
        [ExtendedKeyUsageOID.CLIENT_AUTH], {"commonName": name},
    )
    await client.set_security(
        SecurityPolicyBasic256Sha256, "client-cert.der", "client-key.pem", mode=MODES[mode]
    )


async def _session(target, every, seconds, mode, user, password, name, space, variables, write, subscribe):
    url = f"opc.tcp://{target}:4840"
    await Client(url).connect_and_get_server_endpoints()
    client = Client(url, timeout=15)
    client.name = name
    if mode != "None":
        await _secure(client, mode, name)
    if user:
        client.set_user(user)
        client.set_password(password)
    async with client:
        await _use(client, every, seconds, space, variables, write, subscribe)


async def _use(client, every, seconds, space, variables, write, subscribe) -> None:
    build = client.get_node(ua.NodeId(ua.ObjectIds.Server_ServerStatus_BuildInfo))
    print((await build.read_value()).ProductName, flush=True)
    nodes = [client.get_node(ua.NodeId(name, space)) for name in variables]
    if subscribe:
        watcher = await client.create_subscription(1000, _Ignore())
        await watcher.subscribe_data_change(nodes)
    for number in range(int(seconds / every)):
        await client.read_values(nodes)
        if write and number % 4 == 3:
            await nodes[0].write_value(20.0 + number)
        await asyncio.sleep(every)


class _Ignore:
    def datachange_notification(self, node, value, data) -> None:
        """The values are on the wire; nothing here needs them."""


def session(target: str, name: str, variables: list[str], every: float = 2.0, seconds: float = 20.0,
            mode: str = "None", user: str = "", password: str = "", space: int = 2,
            write: bool = False, subscribe: bool = False) -> None:
    """Asks for the endpoints, opens a session, reads the build information, then values."""
    asyncio.run(_session(target, every, seconds, mode, user, password, name, space, variables, write, subscribe))
