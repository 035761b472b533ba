//! Demangled C, C++ and Rust, as different demanglers print it.

use super::{Named, before, is_address, without_brackets};

/// Names a frame by its function; the binary's path differs from device to device.
pub(super) fn name(function: &str) -> Named {
    if function.is_empty() || function == "?" || function == "<unknown>" || is_address(function) {
        return Named::Unnamed;
    }
    let plain = plain(function);
    match plain.is_empty() {
        true => Named::Synthetic(function.to_owned()),
        false => Named::function("", plain),
    }
}

/// What compilers and linkers append to a function's copies.
const SUFFIXES: [&str; 7] = [".cold", ".isra.", ".part.", ".constprop.", ".llvm.", ".lto_priv", " [clone"];

fn plain(function: &str) -> String {
    let function = function
        .replace("(anonymous namespace)::", "")
        .replace("`anonymous namespace'::", "")
        .replace("{anonymous}::", "")
        .replace("_GLOBAL__N_1::", "")
        .replace("operator[]", "operator index")
        .replace("operator()", "operator call")
        .replace("operator<<", "operator shl")
        .replace("operator<", "operator lt")
        .replace("operator>>", "operator shr")
        .replace("operator->", "operator arrow")
        .replace("operator>", "operator gt");
    let function = before(&function, &SUFFIXES);
    // Rust writes `<Type as Trait>::method`, where the brackets hold the name.
    let function = match function.strip_prefix('<').and_then(|rust| rust.split_once(" as ")) {
        Some((ty, rest)) => {
            format!("{ty}{}", rest.rsplit_once(">::").map_or(String::new(), |(_, m)| format!("::{m}")))
        }
        None => function.to_owned(),
    };
    let function =
        without_brackets(&without_brackets(&without_brackets(&function, '<', '>'), '(', ')'), '[', ']');
    let function = without_brackets(&function, '{', '}');
    // A return type, and `const` after the parameters.
    let mut words: Vec<&str> = function.split_whitespace().collect();
    while words.pop_if(|word| ["const", "volatile", "&", "&&", "noexcept"].contains(word)).is_some() {}
    let name = match words.as_slice() {
        [.., operator, kind] if operator.ends_with("operator") => format!("{operator} {kind}"),
        [.., name] => (*name).to_owned(),
        [] => String::new(),
    };
    let parts = name.split("::").filter(|part| !part.is_empty() && !is_noise(part)).map(without_il2cpp_hash);
    parts.collect::<Vec<_>>().join("::").trim_start_matches(['*', '&']).to_owned()
}

/// `Player_Update_m6F1A…`, as Unity's compiler to C++ names methods; the hash covers the whole assembly.
fn without_il2cpp_hash(part: &str) -> &str {
    const DIGITS: usize = 8;
    let part = ["_inline", "_gshared"].iter().fold(part, |part, end| part.strip_suffix(end).unwrap_or(part));
    let is_hash = |hash: &str| {
        hash.len() >= DIGITS
            && hash.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte))
    };
    match part.rsplit_once("_m") {
        Some((name, hash)) if !name.is_empty() && is_hash(hash) => name,
        _ => part,
    }
}

/// Inline namespaces of standard libraries, numbered lambdas, and the hash that Rust's older mangling appends.
fn is_noise(part: &str) -> bool {
    let rust_hash = part
        .strip_prefix('h')
        .is_some_and(|hash| hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()));
    rust_hash
        || ["__1", "__ndk1", "__cxx11", "_V2"].contains(&part)
        || part.starts_with("$_")
        || part.starts_with("'lambda")
        || part.starts_with("_$u7b$$u7b$closure")
}
