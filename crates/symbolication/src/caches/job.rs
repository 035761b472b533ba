//! A conversion of files on disk: what a process of its own is given to do.

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use symbolic::common::{ByteView, DebugId};

use crate::{
    Absent, ArtifactKind, Status,
    convert::{Bundled, ConvertError, Inputs, SymbolMaps, artifact, unpacked},
};

/// Which files to convert, and to what; the files are mapped, not read into memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub kind: ArtifactKind,
    /// This and the other files are as [`Inputs`] has them; this one may be packed.
    pub file: PathBuf,
    pub debug_id: Option<DebugId>,
    pub bcsymbolmap: Option<PathBuf>,
    pub il2cpp: Option<PathBuf>,
    pub bundled: Option<Bundled>,
    /// Where the converted file goes.
    pub output: PathBuf,
}

/// Why a job is not done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The file is at fault.
    #[error(transparent)]
    File(#[from] ConvertError),
    /// The disk is; it may go well another time.
    #[error("{path}: {source}")]
    Disk {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
}

/// How a process tells the one that started it what is wrong with the file: a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub status: Status,
    pub reason: String,
}

impl Job {
    /// Converts.
    pub fn run(&self) -> Result<(), JobError> {
        let file = unpacked(mapped(&self.file)?)?;
        let bcsymbolmap = self.bcsymbolmap.as_deref().map(mapped).transpose()?;
        let il2cpp = self.il2cpp.as_deref().map(mapped).transpose()?;
        let inputs = Inputs {
            file: &file,
            debug_id: self.debug_id,
            maps: SymbolMaps { bitcode: bcsymbolmap.as_deref(), il2cpp: il2cpp.as_deref() },
            bundled: self.bundled.as_ref(),
        };
        let converted = artifact(self.kind, &inputs)?;
        fs::write(&self.output, converted).map_err(at(&self.output))
    }

    /// The arguments of `mayday convert` that mean this job.
    pub fn arguments(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = vec![self.kind.name().into(), self.file.clone().into()];
        arguments.extend(["--output".into(), self.output.clone().into()]);
        if let Some(id) = self.debug_id {
            arguments.extend(["--debug-id".into(), id.to_string().into()]);
        }
        for (flag, path) in [("--bcsymbolmap", &self.bcsymbolmap), ("--il2cpp", &self.il2cpp)] {
            if let Some(path) = path {
                arguments.extend([flag.into(), path.clone().into()]);
            }
        }
        match &self.bundled {
            Some(Bundled::DebugId(id)) => arguments.extend(["--bundled-id".into(), id.to_string().into()]),
            Some(Bundled::Urls { map, minified }) => {
                // One argument each: foreign text may look like a flag.
                arguments.push(format!("--bundled-map={map}").into());
                arguments.extend(minified.iter().map(|url| format!("--bundled-minified={url}").into()));
            }
            Some(Bundled::Inlined(url)) => arguments.push(format!("--bundled-inlined={url}").into()),
            None => {}
        }
        arguments
    }
}

impl JobError {
    /// What is wrong with the file, if it is the file.
    pub fn refusal(&self) -> Option<Refusal> {
        let Self::File(error) = self else { return None };
        let status = match error {
            ConvertError::Malformed(_) => Status::Malformed,
            ConvertError::Mismatch { .. } => Status::Mismatch,
            ConvertError::Lacks(_) => Status::Missing,
        };
        Some(Refusal { status, reason: error.to_string() })
    }
}

impl From<Refusal> for Absent {
    fn from(refusal: Refusal) -> Self {
        Self { status: refusal.status, reason: refusal.reason.into() }
    }
}

fn mapped(path: &Path) -> Result<ByteView<'static>, JobError> {
    ByteView::open(path).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> JobError {
    let path = path.to_owned();
    move |source| JobError::Disk { path, source }
}
