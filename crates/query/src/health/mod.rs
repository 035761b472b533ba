//! How a release does: shares with their uncertainty, and whether its rollout may go on.

mod share;
mod verdict;

pub(crate) use share::Share;
pub(crate) use verdict::{Assessment, Evidence, NewIssue, Verdict, assess};
