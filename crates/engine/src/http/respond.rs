//! What every answer carries.

use actix_web::HttpResponseBuilder;

use crate::pool::Pool;

/// The headers that clients of ClickHouse look for.
pub(super) fn head(response: &mut HttpResponseBuilder, query_id: &str, pool: &Pool) {
    response
        .insert_header(("X-ClickHouse-Server-Display-Name", "mayday"))
        .insert_header(("X-ClickHouse-Query-Id", query_id))
        .insert_header(("X-ClickHouse-Timezone", pool.time_zone()));
}

/// The content type of a format.
pub(super) fn content_type(format: &str) -> &'static str {
    match format {
        "JSON" | "JSONCompact" | "JSONStrings" | "JSONColumns" => "application/json; charset=UTF-8",
        "JSONEachRow" | "JSONLines" | "NDJSON" | "JSONCompactEachRow" => {
            "application/x-ndjson; charset=UTF-8"
        }
        "CSV" | "CSVWithNames" | "CSVWithNamesAndTypes" => "text/csv; charset=UTF-8",
        "RowBinary" | "RowBinaryWithNames" | "RowBinaryWithNamesAndTypes" | "Native" | "Parquet" => {
            "application/octet-stream"
        }
        tabs if tabs.starts_with("TabSeparated") || tabs.starts_with("TSV") => {
            "text/tab-separated-values; charset=UTF-8"
        }
        _ => "text/plain; charset=UTF-8",
    }
}
