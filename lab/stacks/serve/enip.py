"""EtherNet/IP device: cpppo. Its configuration file takes decimal numbers only."""

import json
from pathlib import Path

from cpppo.server.enip.main import main


def run(config: dict) -> None:
    identity = config["identity"]
    major, minor = (int(part) for part in str(identity["revision"]).split("."))
    rows = {
        "Vendor Number": identity["vendor_id"],
        "Device Type": identity["device_type"],
        "Product Code Number": identity["product_code"],
        "Product Revision": major | minor << 8,
        "Status Word": identity.get("status", 0x3060),
        "Serial Number": int(str(identity["serial"]), 16),
        "Product Name": identity["name"],
        "State": 3,
    }
    addresses = {
        "ip_address": config["ip"],
        "network_mask": config["netmask"],
        "gateway_address": config["gateway"],
        "dns_primary": "0.0.0.0",
        "dns_secondary": "0.0.0.0",
        "domain_name": "",
    }
    path = Path("enip.cfg")
    path.write_text(
        "[Identity]\n"
        + "".join(f"{key} = {value}\n" for key, value in rows.items())
        + f"[TCPIP]\nInterface Configuration = {json.dumps(addresses)}\n"
    )
    tags = config.get("tags", ["Line_Speed=REAL[4]", "Bottle_Count=DINT[8]", "Run_Cmd=INT[2]"])
    main(argv=["-c", str(path.resolve()), "-a", "0.0.0.0:44818", *tags])
