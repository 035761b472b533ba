//! What a write that was cut off leaves behind.
//!
//! A blob is written to a file beside its own, `NAME#NUMBER`, and renamed when it is whole. The store neither reads nor
//! lists such files, and so never deletes one that a power cut has left.

use std::{
    fs, io,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use mayday_event::Timestamp;

/// Deletes the files of cut-off writes in this folder that are older than `time`; returns how many.
pub(crate) fn delete_before(folder: &Path, time: Timestamp) -> io::Result<u64> {
    delete_where(folder, time, is_torn)
}

/// The same in the folders in this folder.
pub(crate) fn delete_below_before(folder: &Path, time: Timestamp) -> io::Result<u64> {
    let mut deleted = 0;
    for below in or_empty(fs::read_dir(folder).map(Some))?.into_iter().flatten() {
        let below = below?;
        if below.file_type()?.is_dir() {
            deleted += delete_before(&below.path(), time)?;
        }
    }
    Ok(deleted)
}

/// Deletes the files in this folder that are older than `time`; returns how many.
pub(crate) fn delete_files_before(folder: &Path, time: Timestamp) -> io::Result<u64> {
    delete_where(folder, time, |_| true)
}

fn delete_where(folder: &Path, time: Timestamp, wanted: impl Fn(&str) -> bool) -> io::Result<u64> {
    let time = UNIX_EPOCH + Duration::from_millis(time.0.try_into().unwrap_or(0));
    let mut deleted = 0;
    for file in or_empty(fs::read_dir(folder).map(Some))?.into_iter().flatten() {
        let file = file?;
        let is_wanted = wanted(&file.file_name().to_string_lossy());
        if is_wanted && or_empty(file.metadata().map(Some))?.is_some_and(|found| is_older(&found, time)) {
            or_empty(fs::remove_file(file.path()))?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Deletes a folder of whose blobs none is left, with what else is in it.
pub(crate) fn delete_folder(folder: &Path) -> io::Result<()> {
    or_empty(fs::remove_dir_all(folder))
}

fn is_older(file: &fs::Metadata, time: std::time::SystemTime) -> bool {
    file.is_file() && file.modified().is_ok_and(|modified| modified < time)
}

fn is_torn(name: &str) -> bool {
    let number = name.rsplit_once('#').map(|(_, number)| number);
    number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// What is no longer there needs no deleting.
fn or_empty<T: Default>(result: io::Result<T>) -> io::Result<T> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(T::default()),
        result => result,
    }
}
