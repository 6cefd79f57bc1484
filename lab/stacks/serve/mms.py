"""IEC 61850 device: libiec61850 (pyiec61850-ng). MMS server and a GOOSE publisher."""

import math
import threading
import time

import pyiec61850.pyiec61850 as iec
from pyiec61850.goose import GoosePublisher


def _model(config: dict):
    """A feeder protection: nameplate, measured power, a breaker position."""
    model = iec.IedModel_create(config["ied"])
    device = iec.LogicalDevice_create(config["device"], model)
    zero = iec.LogicalNode_create("LLN0", device)
    iec.CDC_ENS_create("Mod", iec.toModelNode(zero), 0)
    iec.CDC_LPL_create("NamPlt", iec.toModelNode(zero), iec.CDC_OPTION_AC_LN0_M)
    physical = iec.LogicalNode_create("LPHD1", device)
    iec.CDC_DPL_create("PhyNam", iec.toModelNode(physical),
                       iec.CDC_OPTION_DPL_HWREV | iec.CDC_OPTION_DPL_SWREV | iec.CDC_OPTION_DPL_SERNUM | iec.CDC_OPTION_DPL_MODEL)
    meter = iec.LogicalNode_create("MMXU1", device)
    iec.CDC_MV_create("TotW", iec.toModelNode(meter), 0, False)
    iec.CDC_MV_create("Hz", iec.toModelNode(meter), 0, False)
    breaker = iec.LogicalNode_create("CSWI1", device)
    iec.CDC_DPC_create("Pos", iec.toModelNode(breaker), 0, iec.CDC_CTL_MODEL_DIRECT_NORMAL)
    return model


def _nameplate(server, model, config: dict) -> None:
    identity = config["identity"]
    plate = {"vendor": identity["vendor"], "model": identity["model"], "swRev": identity["revision"], "serNum": identity["serial"]}
    for attribute, text in plate.items():
        reference = f"{config['ied']}{config['device']}/LPHD1.PhyNam.{attribute}"
        node = iec.IedModel_getModelNodeByObjectReference(model, reference)
        if node:
            iec.IedServer_updateVisibleStringAttributeValue(server, iec.toDataAttribute(node), text)
        else:
            print("no attribute", reference, flush=True)


def _goose(config: dict) -> None:
    """The breaker's position and two trip signals, repeated every two seconds."""
    reference = f"{config['ied']}{config['device']}/LLN0"
    publisher = GoosePublisher("eth0")
    publisher.set_go_cb_ref(f"{reference}$GO$gcbTrip")
    publisher.set_data_set(f"{reference}$TripData")
    publisher.set_go_id(f"{config['ied']}_TRIP")
    publisher.set_app_id(config["goose"]["app_id"])
    publisher.set_dst_mac(bytes.fromhex(config["goose"]["mac"].replace(":", "")))
    publisher.set_conf_rev(3)
    publisher.set_time_allowed_to_live(5000)
    publisher.start()
    while True:
        publisher.publish([True, False, False])
        time.sleep(config["goose"].get("every", 2.0))


def run(config: dict) -> None:
    identity = config["identity"]
    model = _model(config)
    server = iec.IedServer_create(model)
    iec.IedServer_setServerIdentity(server, identity["vendor"], identity["model"], identity["revision"])
    iec.IedServer_start(server, 102)
    if not iec.IedServer_isRunning(server):
        raise SystemExit("the MMS server did not start")
    _nameplate(server, model, config)
    if "goose" in config:
        threading.Thread(target=_goose, args=(config,), daemon=True).start()
    power = f"{config['ied']}{config['device']}/MMXU1.TotW.mag.f"
    node = iec.toDataAttribute(iec.IedModel_getModelNodeByObjectReference(model, power))
    step = 0
    while True:
        step += 1
        iec.IedServer_updateFloatAttributeValue(server, node, 1250.0 + 40 * math.sin(step / 6))
        time.sleep(1.0)
