use actix_web::http::{StatusCode, header};
use mayday_catalog::debug_files::{NewDebugFile, NewObject};

use crate::fixture::{Server, main_part};

const PATH: &str = "/projects/mayday/app/symbols/";
const BUILD_ID: &str = "7f883fcdc55336d0a809b0150f09500b0123abcd";

async fn add(server: &Server, name: &str, kind: &str, code_id: Option<&str>) {
    let object = NewObject {
        debug_id: "cd3f887f-53c5-d036-a809-b0150f09500b".into(),
        code_id: code_id.map(str::to_owned),
        kind: kind.into(),
        object_kind: "dbg".into(),
        arch: "arm64".into(),
        name: name.into(),
        features: vec!["symtab".into(), "debug".into()],
    };
    let file = NewDebugFile {
        project_id: server.project.id,
        sha1: name,
        digest: name,
        bytes: 5 << 20,
        uploaded_by: "ci@example.com",
        objects: &[object],
    };
    server.query.catalog.add_debug_file(&file).await.unwrap();
}

/// `<main>`, without what differs from run to run.
fn shown(html: &str, csrf: &str) -> String {
    main_part(html).replace(csrf, "CSRF")
}

#[actix_web::test]
async fn an_empty_project_says_how_to_send_symbols() {
    let server = Server::start().await;
    let browser = server.browser().await;
    let page = server.visit(&browser, PATH).await;
    insta::assert_snapshot!(shown(&page.body, &browser.csrf));
}

#[actix_web::test]
async fn symbols_are_listed_searched_and_deleted() {
    let server = Server::start().await;
    let browser = server.browser().await;
    add(&server, "libapp<b>.so", "elf", Some(BUILD_ID)).await;
    add(&server, "mapping.txt", "proguard", None).await;
    let page = server.visit(&browser, &format!("{PATH}?query={BUILD_ID}&kind=elf")).await;
    insta::assert_snapshot!(shown(&page.body, &browser.csrf));
    let none = server.visit(&browser, &format!("{PATH}?query=nothing")).await;
    assert!(none.body.contains("data-testid=\"no-symbol-matches\""), "{}", none.body);

    let id =
        server.query.catalog.debug_files_of_upload(server.project.id, "mapping.txt").await.unwrap()[0].id;
    let reply = server.submit(&browser, &format!("{PATH}{id}/delete/"), &[]).await;
    assert_eq!(reply.header(header::LOCATION), format!("{PATH}?deleted=1"));
    let after = server.visit(&browser, reply.header(header::LOCATION)).await;
    assert!(after.body.contains("data-testid=\"symbol-deleted\""));
    assert_eq!(after.body.matches("data-testid=\"symbol\"").count(), 1);
    let again = server.submit(&browser, &format!("{PATH}{id}/delete/"), &[]).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}
