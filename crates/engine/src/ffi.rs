//! libchdb's C API: all `unsafe` there is. What leaves this module is safe to use.
//!
//! Ownership, as `chdb.h` of the pinned version says: a result, a stream and an insert stream are destroyed exactly
//! once, on every path; buffers and messages live as long as what they were asked of; a connection runs one statement
//! at a time, several connections run in parallel; the last connection closed ends the engine.

#![allow(unsafe_code)]

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    fmt,
    path::Path,
    ptr::{null, null_mut},
    slice,
};

use bytes::Bytes;

use crate::EngineError;

type Handle = *mut c_void;
type Connect = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut Handle;
/// connection, SQL, its length, format, its length, names, their lengths, values, their lengths, count.
type Statement = unsafe extern "C" fn(
    Handle,
    *const c_char,
    usize,
    *const c_char,
    usize,
    *const *const c_char,
    *const usize,
    *const *const c_char,
    *const usize,
    usize,
) -> Handle;

/// The loaded library; never unloaded, since its threads live as long as the process.
#[derive(Clone, Copy)]
pub(crate) struct Library(&'static Symbols);

struct Symbols {
    connect: Connect,
    close: unsafe extern "C" fn(*mut Handle),
    query: Statement,
    stream_query: Statement,
    stream_fetch: unsafe extern "C" fn(Handle, Handle) -> Handle,
    stream_cancel: unsafe extern "C" fn(Handle, Handle),
    insert: Statement,
    insert_error: unsafe extern "C" fn(Handle) -> *const c_char,
    insert_append: unsafe extern "C" fn(Handle, *const c_char, usize) -> c_int,
    insert_done: unsafe extern "C" fn(Handle) -> Handle,
    insert_cancel: unsafe extern "C" fn(Handle),
    insert_destroy: unsafe extern "C" fn(Handle),
    result_buffer: unsafe extern "C" fn(Handle) -> *const c_char,
    result_length: unsafe extern "C" fn(Handle) -> usize,
    result_error: unsafe extern "C" fn(Handle) -> *const c_char,
    result_rows_written: unsafe extern "C" fn(Handle) -> u64,
    result_destroy: unsafe extern "C" fn(Handle),
}

impl fmt::Debug for Library {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Library")
    }
}

impl Library {
    /// Opens libchdb and finds all that is needed of it. Its signal handlers stay off: this process has its own.
    pub(crate) fn load(path: &Path) -> Result<Self, EngineError> {
        let failed = |error: libloading::Error| EngineError::Library {
            path: path.to_owned(),
            detail: error.to_string(),
        };
        // SAFETY: libchdb's initialisers only set up its own globals.
        let library = unsafe { libloading::Library::new(path) }.map_err(failed)?;
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        macro_rules! symbol {
            ($name:literal) => {
                // SAFETY: the type is the one that chdb.h of the pinned version declares.
                *unsafe { library.get(concat!($name, "\0").as_bytes()) }.map_err(failed)?
            };
        }
        let signal_handlers: unsafe extern "C" fn(c_int) = symbol!("chdb_set_signal_handlers_enabled");
        // SAFETY: called before the first connection, as chdb.h asks.
        unsafe { signal_handlers(0) };
        Ok(Self(Box::leak(Box::new(Symbols {
            connect: symbol!("chdb_connect"),
            close: symbol!("chdb_close_conn"),
            query: symbol!("chdb_query_with_params_n"),
            stream_query: symbol!("chdb_stream_query_with_params_n"),
            stream_fetch: symbol!("chdb_stream_fetch_result"),
            stream_cancel: symbol!("chdb_stream_cancel_query"),
            insert: symbol!("chdb_stream_insert_with_params_n"),
            insert_error: symbol!("chdb_stream_insert_error"),
            insert_append: symbol!("chdb_stream_append"),
            insert_done: symbol!("chdb_stream_done"),
            insert_cancel: symbol!("chdb_stream_cancel_insert"),
            insert_destroy: symbol!("chdb_destroy_insert_stream"),
            result_buffer: symbol!("chdb_result_buffer"),
            result_length: symbol!("chdb_result_length"),
            result_error: symbol!("chdb_result_error"),
            result_rows_written: symbol!("chdb_result_rows_written"),
            result_destroy: symbol!("chdb_destroy_query_result"),
        }))))
    }

    /// Opens a connection; the first one of a process starts the engine. `arguments` as on clickhouse-local's
    /// command line. `None`: the engine refused (it says no reason).
    pub(crate) fn connect(self, arguments: &[String]) -> Option<Connection> {
        let arguments: Vec<CString> = std::iter::once("mayday")
            .chain(arguments.iter().map(String::as_str))
            .map(|argument| CString::new(argument).ok())
            .collect::<Option<_>>()?;
        let mut pointers: Vec<*mut c_char> =
            arguments.iter().map(|argument| argument.as_ptr().cast_mut()).collect();
        pointers.push(null_mut());
        let count = c_int::try_from(arguments.len()).ok()?;
        // SAFETY: `pointers` are `count` strings that outlive the call, which copies them.
        let outer = unsafe { (self.0.connect)(count, pointers.as_mut_ptr()) };
        // SAFETY: not null: points to the handle that chdb_connect made.
        let handle = unsafe { outer.as_ref() }.copied().filter(|handle| !handle.is_null())?;
        Some(Connection { symbols: self.0, outer, handle })
    }
}

/// A connection; one statement at a time, which `&mut self` sees to.
pub(crate) struct Connection {
    symbols: &'static Symbols,
    outer: *mut Handle,
    handle: Handle,
}

// SAFETY: a connection is tied to no thread; `&mut self` keeps two threads from using it at once.
unsafe impl Send for Connection {}

/// Names and values of bound parameters.
pub(crate) type Parameters = Vec<(String, String)>;

impl Connection {
    /// Runs a statement and gives its whole output in `format`.
    pub(crate) fn query(
        &mut self,
        sql: &[u8],
        format: &str,
        parameters: &Parameters,
    ) -> Result<Output, String> {
        let result = self.start(self.symbols.query, sql, format, parameters);
        Output::new(self.symbols, result)
    }

    /// Starts a `SELECT` whose output is fetched piece by piece.
    pub(crate) fn stream(
        &mut self,
        sql: &[u8],
        format: &str,
        parameters: &Parameters,
    ) -> Result<QueryStream<'_>, String> {
        let handle = self.start(self.symbols.stream_query, sql, format, parameters);
        let stream = QueryStream { connection: self, handle };
        error_of(stream.connection.symbols, handle).map_or(Ok(stream), Err)
    }

    /// Starts an `INSERT` (its SQL without `FORMAT` and data) whose rows are appended piece by piece.
    pub(crate) fn insert(
        &mut self,
        sql: &[u8],
        format: &str,
        parameters: &Parameters,
    ) -> Result<InsertStream<'_>, String> {
        let handle = self.start(self.symbols.insert, sql, format, parameters);
        let stream = InsertStream { symbols: self.symbols, handle, _connection: self, ended: false };
        // SAFETY: the handle is never null and alive; the message lives as long as it.
        let error = unsafe { message((stream.symbols.insert_error)(handle)) };
        error.map_or(Ok(stream), Err)
    }

    fn start(&mut self, statement: Statement, sql: &[u8], format: &str, parameters: &Parameters) -> Handle {
        let (mut names, mut name_lengths) = (Vec::new(), Vec::new());
        let (mut values, mut value_lengths) = (Vec::new(), Vec::new());
        for (name, value) in parameters {
            names.push(name.as_ptr().cast());
            name_lengths.push(name.len());
            values.push(value.as_ptr().cast());
            value_lengths.push(value.len());
        }
        let list = |pointers: &[*const c_char]| if pointers.is_empty() { null() } else { pointers.as_ptr() };
        let lengths = |lengths: &[usize]| if lengths.is_empty() { null() } else { lengths.as_ptr() };
        // SAFETY: every pointer comes with its length and outlives the call; lists are null where there is none.
        unsafe {
            statement(
                self.handle,
                sql.as_ptr().cast(),
                sql.len(),
                format.as_ptr().cast(),
                format.len(),
                list(&names),
                lengths(&name_lengths),
                list(&values),
                lengths(&value_lengths),
                parameters.len(),
            )
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // SAFETY: `outer` is what chdb_connect gave; closed once; no stream borrows the connection any more.
        unsafe { (self.symbols.close)(self.outer) }
    }
}

/// What a statement gave.
#[derive(Debug, Default)]
pub(crate) struct Output {
    pub(crate) bytes: Bytes,
    pub(crate) rows_written: u64,
}

impl Output {
    /// Copies a result and destroys it.
    fn new(symbols: &'static Symbols, result: Handle) -> Result<Self, String> {
        if result.is_null() {
            return Err(
                "Code: 1002. DB::Exception: the engine gave no result. (UNKNOWN_EXCEPTION)".to_owned()
            );
        }
        let error = error_of(symbols, result);
        // SAFETY: `result` is alive; buffer and length belong together; an empty result may have no buffer.
        let output = unsafe {
            let (buffer, length) = ((symbols.result_buffer)(result), (symbols.result_length)(result));
            let bytes = match length {
                0 => Bytes::new(),
                _ => Bytes::copy_from_slice(slice::from_raw_parts(buffer.cast(), length)),
            };
            Self { bytes, rows_written: (symbols.result_rows_written)(result) }
        };
        // SAFETY: destroyed once, and not used behind this line.
        unsafe { (symbols.result_destroy)(result) };
        error.map_or(Ok(output), Err)
    }
}

/// A `SELECT` under way.
pub(crate) struct QueryStream<'connection> {
    connection: &'connection mut Connection,
    handle: Handle,
}

impl QueryStream<'_> {
    /// The next piece; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, String> {
        let symbols = self.connection.symbols;
        // SAFETY: connection and stream belong together and are alive.
        let piece = unsafe { (symbols.stream_fetch)(self.connection.handle, self.handle) };
        if piece.is_null() {
            return Ok(None);
        }
        let output = Output::new(symbols, piece)?;
        Ok(Some(output.bytes).filter(|bytes| !bytes.is_empty()))
    }
}

impl Drop for QueryStream<'_> {
    fn drop(&mut self) {
        if self.handle.is_null() {
            return;
        }
        // SAFETY: alive; cancelling a stream that ended does nothing; destroyed once.
        unsafe {
            (self.connection.symbols.stream_cancel)(self.connection.handle, self.handle);
            (self.connection.symbols.result_destroy)(self.handle);
        }
    }
}

/// An `INSERT` under way; dropped without [`InsertStream::finish`], it inserts nothing.
pub(crate) struct InsertStream<'connection> {
    symbols: &'static Symbols,
    handle: Handle,
    _connection: &'connection mut Connection,
    ended: bool,
}

impl InsertStream<'_> {
    /// Appends rows, or part of one; blocks while the engine is busy. False: the engine takes no more, and
    /// [`InsertStream::finish`] says why.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> bool {
        // SAFETY: alive; the bytes are copied before the call returns.
        unsafe { (self.symbols.insert_append)(self.handle, bytes.as_ptr().cast(), bytes.len()) == 0 }
    }

    /// Ends the data and waits until all is inserted.
    pub(crate) fn finish(mut self) -> Result<Output, String> {
        self.ended = true;
        // SAFETY: alive; called once.
        let result = unsafe { (self.symbols.insert_done)(self.handle) };
        Output::new(self.symbols, result)
    }
}

impl Drop for InsertStream<'_> {
    fn drop(&mut self) {
        // SAFETY: alive; cancelled only if not done; destroyed once.
        unsafe {
            if !self.ended {
                (self.symbols.insert_cancel)(self.handle);
            }
            (self.symbols.insert_destroy)(self.handle);
        }
    }
}

/// The exception of a result, if it has one.
fn error_of(symbols: &'static Symbols, result: Handle) -> Option<String> {
    if result.is_null() {
        return Some("Code: 1002. DB::Exception: the engine gave no result. (UNKNOWN_EXCEPTION)".to_owned());
    }
    // SAFETY: `result` is alive, and its message lives as long as it.
    unsafe { message((symbols.result_error)(result)) }
}

/// # Safety
/// `text` is null or a C string that stays alive during the call.
unsafe fn message(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: the caller's promise.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    (!text.is_empty()).then(|| text.into_owned())
}
