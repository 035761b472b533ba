//! A conversion of files on disk: what a process of its own is given to do.

use std::{
    ffi::OsString,
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use symbolic::common::{ByteView, DebugId};

use super::{ConvertError, Inputs, convert};
use crate::{Absent, ArtifactKind, Status};

/// Which files to convert, and to what; the files are mapped, not read into memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub kind: ArtifactKind,
    /// As [`Inputs`] has them.
    pub file: PathBuf,
    pub debug_id: Option<DebugId>,
    pub bcsymbolmap: Option<PathBuf>,
    pub il2cpp: Option<PathBuf>,
    pub minified: Option<PathBuf>,
    /// Where the converted file goes. After a failure it may hold half of it.
    pub output: PathBuf,
}

/// How a process tells the one that started it why there is no converted file: a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub status: Status,
    pub reason: String,
}

impl Job {
    /// Converts.
    pub fn run(&self) -> Result<(), ConvertError> {
        let file = mapped(&self.file)?;
        let bcsymbolmap = self.bcsymbolmap.as_deref().map(mapped).transpose()?;
        let il2cpp = self.il2cpp.as_deref().map(mapped).transpose()?;
        let minified = self.minified.as_deref().map(mapped).transpose()?;
        let inputs = Inputs {
            file: &file,
            debug_id: self.debug_id,
            bcsymbolmap: bcsymbolmap.as_deref(),
            il2cpp: il2cpp.as_deref(),
            minified: minified.as_deref(),
        };
        let mut output = BufWriter::new(File::create(&self.output)?);
        convert(self.kind, &inputs, &mut output)?;
        Ok(output.flush()?)
    }

    /// The arguments of `mayday convert` that mean this job.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec![self.kind.name().into(), self.file.clone().into()];
        arguments.extend(["--output".into(), self.output.clone().into()]);
        if let Some(id) = self.debug_id {
            arguments.extend(["--debug-id".into(), id.to_string().into()]);
        }
        for (flag, path) in
            [("--bcsymbolmap", &self.bcsymbolmap), ("--il2cpp", &self.il2cpp), ("--minified", &self.minified)]
        {
            if let Some(path) = path {
                arguments.extend([flag.into(), path.clone().into()]);
            }
        }
        arguments
    }
}

impl Refusal {
    /// What a failed conversion means; `None` where it may go well another time.
    pub fn of(error: &ConvertError) -> Option<Self> {
        let status = match error {
            ConvertError::Malformed(_) => Status::Malformed,
            ConvertError::Mismatch(_) => Status::Mismatch,
            ConvertError::Nothing(_) => Status::Missing,
            ConvertError::Write(_) => return None,
        };
        Some(Self { status, reason: error.to_string() })
    }
}

impl From<Refusal> for Absent {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status, reason: refusal.reason.into() }
    }
}

fn mapped(path: &Path) -> Result<ByteView<'static>, ConvertError> {
    Ok(ByteView::open(path)?)
}
