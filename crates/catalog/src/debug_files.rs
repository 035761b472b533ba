//! Debug files: what was uploaded, and which builds it is of.
//!
//! Ids are compared as text. A debug id is written as `symbolic` writes it: lower-case UUID with hyphens, and `-` with
//! the age in hexadecimal behind it unless that is 0. A code id is lower-case hexadecimal: an ELF build id whole, a
//! Mach-O UUID without hyphens, timestamp and size of a PE file.

use std::collections::BTreeSet;

use mayday_event::{ProjectId, Timestamp};
use sqlx::{FromRow, QueryBuilder};

use crate::{
    Catalog, CatalogError,
    connect::{Connection, Database, Sequence},
    issues::{IN_LIST, like_pattern, push_list},
};

/// Files of one id that are told, the newest: one is used, the others are there to fall back on.
const MAX_PER_LOOKUP: i64 = 1000;
/// A file's last use is written down at most this often.
const LAST_USED_MS: i64 = Timestamp::DAY_MS;
/// Blobs that are looked at in one go.
const ORPHANS: usize = IN_LIST;

/// A debug file, or one of the objects of a fat one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebugFile {
    pub id: i64,
    pub project_id: ProjectId,
    /// Of the uploaded file, hexadecimal: what clients call it by.
    pub sha1: String,
    /// SHA-256 of the uploaded file, hexadecimal: what its blob is called by.
    pub digest: String,
    /// Of the uploaded file.
    pub bytes: u64,
    /// Lower case, with hyphens, its age behind it if that is not 0.
    pub debug_id: String,
    /// Lower-case hexadecimal.
    pub code_id: Option<String>,
    /// `elf`, `macho`, `pe`, `pdb`, `breakpad`, `portablepdb`, `proguard`, `sourcebundle`, `bcsymbolmap`, `uuidmap`,
    /// `il2cpp`, `dartsymbolmap`, `wasm`.
    pub kind: String,
    /// `exe`, `lib`, `dbg`, `src` …; empty if that makes no sense.
    pub object_kind: String,
    /// `arm64`, `x86_64` …; empty if that makes no sense.
    pub arch: String,
    /// File name without folders.
    pub name: String,
    /// Of `symtab`, `debug`, `unwind`, `sources`, `mapping`.
    pub features: Vec<String>,
    /// E-mail address.
    pub uploaded_by: String,
    pub uploaded: Timestamp,
    /// When an event needed it last, to the day; when it was uploaded, if none did.
    pub last_used: Timestamp,
}

/// An object of an uploaded file, before the catalog knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewObject {
    pub debug_id: String,
    pub code_id: Option<String>,
    pub kind: String,
    pub object_kind: String,
    pub arch: String,
    pub name: String,
    pub features: Vec<String>,
}

/// An uploaded file whose blob is written.
#[derive(Debug, Clone, Copy)]
pub struct NewDebugFile<'a> {
    pub project_id: ProjectId,
    pub sha1: &'a str,
    pub digest: &'a str,
    pub bytes: u64,
    pub uploaded_by: &'a str,
    pub objects: &'a [NewObject],
}

/// Which of a project's debug files; what is empty does not matter.
#[derive(Debug, Clone, Default)]
pub struct DebugFileFilter {
    /// The beginning of a debug id or a code id with or without hyphens, or a part of a file name.
    pub text: String,
    /// A kind.
    pub kind: String,
    /// Only files that came before that one.
    pub before: Option<i64>,
}

const SELECT_ANY: &str =
    "SELECT id, project_id, sha1, digest, bytes, debug_id, code_id, kind, object_kind, arch,
     name, features, uploaded_by, uploaded, last_used FROM debug_files WHERE ";

impl Catalog {
    /// A project's debug files that have one of these debug ids or one of these code ids, the newest first.
    ///
    /// This is how symbolication finds uploads: the blob of one is `BlobKey::DebugFile` of its digest.
    pub async fn debug_files_by(
        &self,
        project: ProjectId,
        debug_ids: &[&str],
        code_ids: &[&str],
    ) -> Result<Vec<DebugFile>, CatalogError> {
        let mut found = Vec::new();
        for (column, ids) in [("debug_id", debug_ids), ("code_id", code_ids)] {
            for ids in ids.chunks(IN_LIST) {
                let mut query = QueryBuilder::new(SELECT_ANY);
                query
                    .push("project_id = ")
                    .push_bind(project.to_sql())
                    .push(" AND ")
                    .push(column)
                    .push(" IN ");
                push_texts(&mut query, ids.iter().copied());
                query.push(" ORDER BY id DESC LIMIT ").push_bind(MAX_PER_LOOKUP);
                let rows: Vec<Row> = query.build_query_as().fetch_all(&self.reader).await?;
                found.extend(rows.into_iter().map(DebugFile::from));
            }
        }
        found.sort_unstable_by_key(|file| std::cmp::Reverse(file.id));
        found.dedup_by_key(|file| file.id);
        Ok(found)
    }

    /// The objects of an uploaded file by its SHA-1; empty: the project does not have it.
    pub async fn debug_files_of_upload(
        &self,
        project: ProjectId,
        sha1: &str,
    ) -> Result<Vec<DebugFile>, CatalogError> {
        let mut query = QueryBuilder::new(SELECT_ANY);
        query
            .push("project_id = ")
            .push_bind(project.to_sql())
            .push(" AND sha1 = ")
            .push_bind(sha1.to_owned());
        query.push(" ORDER BY id");
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.reader).await?;
        Ok(rows.into_iter().map(DebugFile::from).collect())
    }

    /// A project's, the newest first.
    pub async fn debug_files(
        &self,
        project: ProjectId,
        filter: &DebugFileFilter,
        limit: usize,
    ) -> Result<Vec<DebugFile>, CatalogError> {
        let mut query = QueryBuilder::new(SELECT_ANY);
        query.push("project_id = ").push_bind(project.to_sql());
        filter.push(&mut query);
        query.push(" ORDER BY id DESC LIMIT ").push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.reader).await?;
        Ok(rows.into_iter().map(DebugFile::from).collect())
    }

    /// One of a project's.
    pub async fn debug_file(&self, project: ProjectId, id: i64) -> Result<DebugFile, CatalogError> {
        let mut query = QueryBuilder::new(SELECT_ANY);
        query.push("project_id = ").push_bind(project.to_sql()).push(" AND id = ").push_bind(id);
        let row: Option<Row> = query.build_query_as().fetch_optional(&self.reader).await?;
        row.map(DebugFile::from).ok_or(CatalogError::NotFound("debug file"))
    }

    /// Adds an uploaded file, once: the same again is as good as the first. Its objects, as they are known then.
    pub async fn add_debug_file(&self, file: &NewDebugFile<'_>) -> Result<Vec<DebugFile>, CatalogError> {
        let mut tx = self.write().await?;
        for object in file.objects {
            insert(&mut tx, file, object, self.clock.now()).await?;
        }
        tx.commit().await?;
        self.debug_files_of_upload(file.project_id, file.sha1).await
    }

    /// Removes one; of a fat file, the whole.
    pub async fn delete_debug_file(&self, project: ProjectId, id: i64) -> Result<DebugFile, CatalogError> {
        let file = self.debug_file(project, id).await?;
        let mut tx = self.write().await?;
        let deleted = sqlx::query("DELETE FROM debug_files WHERE project_id = $1 AND sha1 = $2")
            .bind(project.to_sql())
            .bind(&file.sha1)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        if deleted.rows_affected() == 0 { Err(CatalogError::NotFound("debug file")) } else { Ok(file) }
    }

    /// Notes that events needed these now; files that nobody needs any more go in the end.
    pub async fn note_debug_files_used(&self, ids: &[i64]) -> Result<(), CatalogError> {
        let now = self.clock.now();
        let mut tx = self.write().await?;
        for ids in ids.chunks(IN_LIST) {
            let mut query = QueryBuilder::new("UPDATE debug_files SET last_used = ");
            query.push_bind(now.0).push(" WHERE last_used < ").push_bind(now.0 - LAST_USED_MS);
            query.push(" AND id IN ");
            push_list(&mut query, ids.iter().copied());
            query.build().execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Notes that a debug file is of a release.
    pub async fn note_debug_file_release(
        &self,
        project: ProjectId,
        debug_id: &str,
        version: &str,
    ) -> Result<(), CatalogError> {
        if self.debug_files_by(project, &[debug_id], &[]).await?.is_empty() {
            return Err(CatalogError::NotFound("debug file"));
        }
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO debug_file_releases (project_id, debug_id, version) VALUES ($1, $2, $3)
             ON CONFLICT (project_id, debug_id, version) DO NOTHING",
        )
        .bind(project.to_sql())
        .bind(debug_id)
        .bind(version)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Debug files of all projects that came after that one, in the order in which they came: for whoever waits for
    /// some. Ids are given in the order of commits.
    pub async fn debug_files_after(&self, id: i64, limit: usize) -> Result<Vec<DebugFile>, CatalogError> {
        let mut query = QueryBuilder::new(SELECT_ANY);
        query.push("id > ").push_bind(id).push(" ORDER BY id LIMIT ");
        query.push_bind(i64::try_from(limit).unwrap_or(i64::MAX));
        let rows: Vec<Row> = query.build_query_as().fetch_all(&self.reader).await?;
        Ok(rows.into_iter().map(DebugFile::from).collect())
    }

    /// Removes files that came before this time, that no event has needed since, and none of whose releases, as far as
    /// they are said, has sent one since; how many. Their blobs are orphans then.
    pub async fn delete_debug_files_unused_since(&self, time: Timestamp) -> Result<u64, CatalogError> {
        let mut tx = self.write().await?;
        let deleted = sqlx::query(
            "DELETE FROM debug_files WHERE last_used < $1 AND uploaded < $1 AND NOT EXISTS (
                 SELECT 1 FROM debug_file_releases r
                 JOIN releases e ON e.project_id = r.project_id AND e.version = r.version
                 WHERE r.project_id = debug_files.project_id AND r.debug_id = debug_files.debug_id
                   AND (e.last_seen >= $1 OR e.first_seen >= $1))",
        )
        .bind(time.0)
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(deleted.rows_affected())
    }

    /// Of these digests, those that no debug file and no artifact bundle is called by.
    pub async fn orphaned_digests(&self, digests: Vec<String>) -> Result<Vec<String>, CatalogError> {
        let mut orphans = Vec::new();
        for digests in digests.chunks(ORPHANS) {
            let mut query = QueryBuilder::new("SELECT digest FROM debug_files WHERE digest IN ");
            push_texts(&mut query, digests.iter().map(String::as_str));
            query.push(" UNION SELECT digest FROM artifact_bundles WHERE digest IN ");
            push_texts(&mut query, digests.iter().map(String::as_str));
            let known: Vec<String> = query.build_query_scalar().fetch_all(&self.reader).await?;
            let known = BTreeSet::from_iter(known);
            orphans.extend(digests.iter().filter(|digest| !known.contains(*digest)).cloned());
        }
        Ok(orphans)
    }
}

async fn insert(
    tx: &mut Connection,
    file: &NewDebugFile<'_>,
    object: &NewObject,
    now: Timestamp,
) -> Result<(), CatalogError> {
    let id = Sequence::DebugFile.next(tx).await?;
    sqlx::query(
        "INSERT INTO debug_files (id, project_id, sha1, digest, bytes, debug_id, code_id, kind, object_kind, arch,
         name, search_name, features, uploaded_by, uploaded, last_used)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15)
         ON CONFLICT (project_id, sha1, debug_id) DO NOTHING",
    )
    .bind(id)
    .bind(file.project_id.to_sql())
    .bind(file.sha1)
    .bind(file.digest)
    .bind(i64::try_from(file.bytes).unwrap_or(i64::MAX))
    .bind(&object.debug_id)
    .bind(&object.code_id)
    .bind(&object.kind)
    .bind(&object.object_kind)
    .bind(&object.arch)
    .bind(&object.name)
    .bind(object.name.to_lowercase())
    .bind(object.features.join(" "))
    .bind(file.uploaded_by)
    .bind(now.0)
    .execute(tx)
    .await?;
    Ok(())
}

impl DebugFileFilter {
    fn push(&self, query: &mut QueryBuilder<Database>) {
        if !self.kind.is_empty() {
            query.push(" AND kind = ").push_bind(self.kind.clone());
        }
        if let Some(before) = self.before {
            query.push(" AND id < ").push_bind(before);
        }
        let text = self.text.trim().to_lowercase();
        if text.is_empty() {
            return;
        }
        query.push(" AND (search_name LIKE ").push_bind(like_pattern(&text)).push(" ESCAPE '!'");
        if let Some((debug_id, code_id)) = id_beginnings(&text) {
            query.push(" OR debug_id LIKE ").push_bind(format!("{debug_id}%"));
            query.push(" OR code_id LIKE ").push_bind(format!("{code_id}%"));
        }
        query.push(")");
    }
}

/// Hexadecimal digits of a debug id's UUID.
const UUID_DIGITS: usize = 32;

/// How a debug id begins, with hyphens, and how a code id does, without; of a build id of 40 digits, the debug id is
/// made otherwise, and the code id alone can match.
fn id_beginnings(text: &str) -> Option<(String, String)> {
    let is_id = text.chars().all(|c| c.is_ascii_hexdigit() || c == '-') && text.contains(|c| c != '-');
    if !is_id {
        return None;
    }
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let mut debug_id = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20 | UUID_DIGITS) {
            debug_id.push('-');
        }
        debug_id.push(digit);
    }
    Some((debug_id, digits))
}

/// `(a, b, …)` for `IN`; never empty.
pub(crate) fn push_texts<'a>(query: &mut QueryBuilder<Database>, values: impl Iterator<Item = &'a str>) {
    query.push("(");
    let mut list = query.separated(", ");
    for value in values {
        list.push_bind(value.to_owned());
    }
    query.push(")");
}

#[derive(FromRow)]
struct Row {
    id: i64,
    project_id: i64,
    sha1: String,
    digest: String,
    bytes: i64,
    debug_id: String,
    code_id: Option<String>,
    kind: String,
    object_kind: String,
    arch: String,
    name: String,
    features: String,
    uploaded_by: String,
    uploaded: i64,
    last_used: i64,
}

impl From<Row> for DebugFile {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            project_id: ProjectId::from_sql(row.project_id),
            sha1: row.sha1,
            digest: row.digest,
            bytes: u64::try_from(row.bytes).unwrap_or(0),
            debug_id: row.debug_id,
            code_id: row.code_id,
            kind: row.kind,
            object_kind: row.object_kind,
            arch: row.arch,
            name: row.name,
            features: row.features.split_whitespace().map(str::to_owned).collect(),
            uploaded_by: row.uploaded_by,
            uploaded: Timestamp(row.uploaded),
            last_used: Timestamp(row.last_used),
        }
    }
}

#[cfg(test)]
mod tests;
