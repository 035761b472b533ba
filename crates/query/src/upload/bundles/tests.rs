use std::fs;

use serde_json::{Value, json};

use super::*;
use crate::upload::zips::{bundle, zip};

const ID: &str = "0B3A5C2E-1111-4222-8333-444455556666";

fn contents(bytes: &[u8]) -> Result<Contents, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.zip");
    fs::write(&path, bytes).unwrap();
    read(&path).map_err(|refusal| refusal.to_string())
}

fn manifest(file: &Value) -> Value {
    json!({ "org": "mayday", "release": "shop@1", "dist": "17", "files": { "files/_/_/app.js": file } })
}

#[test]
fn a_bundle_says_what_is_in_it_and_of_which_release_it_is() {
    let file = json!({
        "type": "minified_source",
        "url": "~/app.js",
        "headers": { "Debug-Id": ID, "Sourcemap": "app.js.map" },
    });
    let found = contents(&bundle(&manifest(&file), &[("files/_/_/app.js", b"x()")])).unwrap();
    assert_eq!((found.release.as_deref(), found.dist.as_deref()), (Some("shop@1"), Some("17")));
    assert_eq!(
        found.files,
        [NewArtifactFile {
            path: "files/_/_/app.js".into(),
            url: "~/app.js".into(),
            kind: ArtifactFileKind::MinifiedSource,
            debug_id: Some(ID.to_lowercase()),
            source_map: "app.js.map".into(),
        }]
    );
}

#[test]
fn bundles_that_are_none_say_why() {
    let script: &[(&str, &[u8])] = &[("files/_/_/app.js", b"x()")];
    let forged = manifest(&json!({ "type": "source_map", "headers": { "debug-id": "17" } }));
    let outside = json!({ "files": { "../app.js": { "type": "source_map" } } });
    let cases: [Vec<u8>; 7] = [
        zip(script),
        [b"SYSB\x02\0\0\0".as_slice(), &zip(script)].concat(),
        b"SYSB\x02\0\0\0not a zip".to_vec(),
        bundle(&manifest(&json!({ "type": "source_map" })), &[]),
        bundle(&outside, script),
        bundle(&forged, script),
        bundle(&json!({ "files": 7 }), script),
    ];
    let texts: Vec<String> = cases.iter().map(|bytes| contents(bytes).err().unwrap()).collect();
    insta::assert_snapshot!(texts.join("\n"));
}

#[test]
fn a_bomb_beside_the_files_of_the_manifest_is_found() {
    let why = contents(&bundle(&json!({}), &[("bomb", &vec![0; 64 << 20])])).err().unwrap();
    assert!(why.starts_with("zip: \"bomb\" inflates to more than"), "{why}");
}
