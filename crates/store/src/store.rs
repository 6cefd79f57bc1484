//! stub
use crate::{Error, EvidenceFrame};
/// Store
#[derive(Clone, Debug)]
pub struct Store;
impl Store {
    /// x
    pub async fn frame(&self, _: model::CaptureId, _: u64) -> Result<Option<EvidenceFrame>, Error> {
        Ok(None)
    }
}
