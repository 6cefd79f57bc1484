//! What depends on a device: safety relevance and criticality, each with its reason.
//!
//! A proposal for people to correct. Grounds: IEC 62443-3-2, ZCR 3.3 (safety related assets apart) and ZCR 5.3 (consequence); NIST SP
//! 800-82 rev. 3, section 3.3 (components by their part in control).

use crate::classify::is_control;
use crate::features::Features;
use model::plant::Criticality;
use model::{Confidence, Level, OperationClass, Role};

/// A conclusion with how sure it is and why.
pub type Concluded<T> = (T, Confidence, String);

/// Clients from which a controller is taken for one that much depends on.
const MANY_CLIENTS: u32 = 3;
/// Devices from which a host is taken for one that a whole process is run from.
const MANY_CONTROLLED: usize = 5;

/// What depends on a device.
pub(crate) struct Bearing {
    /// It is part of a safety function.
    pub(crate) safety: Option<Concluded<bool>>,
    /// How much depends on it.
    pub(crate) criticality: Option<Concluded<Criticality>>,
}

impl Bearing {
    pub(crate) fn of(role: Role, sure: Confidence, level: Option<Level>, f: &Features<'_>) -> Self {
        let safety = safety(role, sure, f);
        let criticality = criticality(role, level, safety.as_ref().is_some_and(|(safe, ..)| *safe), f);
        Self { safety, criticality }
    }
}

/// Whether a device is part of a safety function; none where nothing speaks for it.
fn safety(role: Role, confidence: Confidence, f: &Features<'_>) -> Option<Concluded<bool>> {
    if role == Role::SafetyController {
        return Some((true, confidence, "a safety controller carries out safety functions".into()));
    }
    let serves = f.serves_any(&["tristation"])?;
    Some((true, Confidence::LIKELY, format!("it answers in {serves}, which safety systems speak")))
}

/// How much depends on a device; none for what has no part in control and no place.
fn criticality(
    role: Role,
    level: Option<Level>,
    safety: bool,
    f: &Features<'_>,
) -> Option<Concluded<Criticality>> {
    let sure = |criticality, why: String| Some((criticality, Confidence::GUESS, why));
    if safety {
        return sure(Criticality::Critical, "people and environment depend on safety functions".into());
    }
    let clients = f.serves.iter().filter(|(p, _)| is_control(p)).map(|(_, n)| *n).max().unwrap_or(0);
    let commanded = f.sent.iter().any(|(_, class)| class.is_change() && *class != OperationClass::Time);
    match role {
        Role::Plc | Role::Rtu | Role::Ied if clients >= MANY_CLIENTS => {
            sure(Criticality::Critical, format!("{clients} devices depend on this controller"))
        }
        Role::Plc | Role::Rtu | Role::Ied | Role::Drive | Role::RemoteIo => {
            sure(Criticality::High, "it acts on the process".into())
        }
        Role::ScadaServer | Role::Hmi | Role::Gateway if f.control_servers >= MANY_CONTROLLED => {
            sure(Criticality::Critical, format!("{} devices are run from it", f.control_servers))
        }
        Role::ScadaServer | Role::Hmi | Role::Gateway => {
            sure(Criticality::High, "people see and run the process through it".into())
        }
        Role::EngineeringWorkstation => sure(Criticality::High, "it can change what controllers do".into()),
        Role::Switch | Role::Router | Role::Firewall if level.is_some_and(|l| l <= Level::OPERATIONS) => {
            sure(Criticality::High, "control traffic passes through it".into())
        }
        Role::Historian | Role::FieldDevice | Role::JumpHost => {
            sure(Criticality::Medium, "its loss is felt, and the process goes on".into())
        }
        _ if commanded && level.is_some_and(|l| l <= Level::OPERATIONS) => {
            sure(Criticality::High, "it writes to controllers".into())
        }
        _ if level.is_some_and(|l| l <= Level::OPERATIONS) => {
            sure(Criticality::Medium, "it stands in the plant".into())
        }
        _ if level.is_some() => sure(Criticality::Low, "it stands outside the plant".into()),
        _ => None,
    }
}
