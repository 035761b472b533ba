//! What a build makes: programs with symbols, mappings, minified scripts, a repository.

use std::{fs, path::Path, process::Command};

/// The folder's `build/`, with a program and its debug information, compiled here and now.
pub(crate) fn program(folder: &Path) {
    fs::create_dir_all(folder.join("build")).expect("a folder");
    let source = "int sum(int a, int b) { return a + b; }\nint main(void) { return sum(1, -1); }\n";
    fs::write(folder.join("till.c"), source).expect("a source file");
    succeed(folder, "cc", &["-g", "-O1", "-Wl,--build-id=sha1", "-o", "build/till", "till.c"]);
}

/// Bytes that do not compress, in C, so that a program has several chunks.
pub(super) fn large_program(folder: &Path) {
    program(folder);
    let mut noise = Vec::with_capacity(20 << 20);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    while noise.len() < 20 << 20 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise.extend_from_slice(&state.to_le_bytes());
    }
    fs::write(folder.join("noise"), noise).expect("a file");
    succeed(folder, "objcopy", &["--add-section", ".noise=noise", "build/till"]);
}

/// The build id of the folder's program, 40 digits.
pub(crate) fn build_id(folder: &Path) -> String {
    let notes = succeed(folder, "readelf", &["-n", "build/till"]);
    let (_, rest) = notes.split_once("Build ID: ").expect("a build id");
    rest.split_whitespace().next().expect("digits").to_owned()
}

/// Where a function of the folder's program is, counted from the program's start.
pub(crate) fn address(folder: &Path, function: &str) -> u64 {
    let symbols = succeed(folder, "nm", &["build/till"]);
    let line = symbols.lines().find(|line| line.ends_with(&format!(" {function}"))).expect("the function");
    let (address, _) = line.split_once(' ').expect("an address");
    u64::from_str_radix(address, 16).expect("hexadecimal digits")
}

/// A mapping of R8's form.
pub(super) fn mapping(folder: &Path) {
    let mapping = "# compiler: R8\ncom.example.Till -> a.a:\n    1:3:void count():7:9 -> b\n";
    fs::write(folder.join("mapping.txt"), mapping).expect("a mapping");
}

/// `dist/` with a minified script and its map.
pub(crate) fn script(folder: &Path) {
    fs::create_dir_all(folder.join("dist")).expect("a folder");
    let script = "function a(){throw new Error(\"x\")}a();\n//# sourceMappingURL=app.js.map\n";
    let map = r#"{"version":3,"file":"app.js","sources":["app.ts"],"sourcesContent":["function till() {\n  throw new Error('x');\n}\ntill();\n"],"names":["till"],"mappings":"AAAA,SAASA,IACP,MAAM,IAAI,MAAM,GAAG,CACrB,CACAA"}"#;
    fs::write(folder.join("dist/app.js"), script).expect("a script");
    fs::write(folder.join("dist/app.js.map"), map).expect("a map");
}

/// A repository with two commits.
pub(super) fn repository(folder: &Path) {
    let git = |arguments: &[&str]| {
        let identity = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com"];
        succeed(folder, "git", &[identity.as_slice(), arguments].concat());
    };
    git(&["init", "--quiet"]);
    git(&["remote", "add", "origin", "https://git.example.com/shop/app.git"]);
    for message in ["Open the shop", "Count the till again"] {
        fs::write(folder.join("log.txt"), message).expect("a file");
        git(&["add", "log.txt"]);
        git(&["commit", "--quiet", "-m", message]);
    }
}

fn succeed(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    let output = output.unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
