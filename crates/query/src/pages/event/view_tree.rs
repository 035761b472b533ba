//! What was on the screen: the view hierarchy that mobile SDKs send, as a tree.

use serde_json::Value;

/// Most views that are shown.
const VIEWS: usize = 2000;
/// Views below which the tree is folded at first.
const OPEN_DEPTH: usize = 4;
/// Longest text of a view, characters.
const TEXT: usize = 120;

/// The views in the order of reading, outer ones before those in them.
#[derive(Debug, Clone, Default)]
pub(crate) struct ViewTree {
    /// Such as `UIKit` or `Android View`.
    pub(crate) system: String,
    pub(crate) views: Vec<ViewNode>,
    /// There were more than are shown.
    pub(crate) cut: bool,
}

/// A view on the screen.
#[derive(Debug, Clone)]
pub(crate) struct ViewNode {
    pub(crate) name: String,
    /// Its identifier, place and size.
    pub(crate) detail: String,
    pub(crate) hidden: bool,
    pub(crate) has_children: bool,
    pub(crate) open: bool,
    /// How many views end with it, itself not counted.
    pub(crate) ends: usize,
}

impl ViewTree {
    /// `None`: not a view hierarchy, or an empty one. A tree as deep as JSON may be here is no danger to the stack.
    pub(crate) fn new(hierarchy: &Value) -> Option<Self> {
        let windows = hierarchy.get("windows")?.as_array()?;
        let mut tree = Self { system: text(hierarchy, "rendering_system"), ..Self::default() };
        for window in windows {
            tree.add(window, 0);
        }
        (!tree.views.is_empty()).then_some(tree)
    }

    fn add(&mut self, view: &Value, depth: usize) {
        if self.views.len() == VIEWS {
            self.cut = true;
            return;
        }
        let children = view.get("children").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let own = self.views.len();
        self.views.push(ViewNode {
            name: name(view),
            detail: detail(view),
            hidden: view.get("visible") == Some(&Value::Bool(false))
                || matches!(text(view, "visibility").as_str(), "gone" | "invisible"),
            has_children: false,
            open: depth < OPEN_DEPTH,
            ends: 0,
        });
        for child in children {
            self.add(child, depth + 1);
        }
        let last = self.views.len() - 1;
        if last > own {
            self.views[own].has_children = true;
            self.views[last].ends += 1;
        }
    }
}

fn text(view: &Value, field: &str) -> String {
    let text = view.get(field).and_then(Value::as_str).unwrap_or_default();
    text.chars().take(TEXT).collect()
}

fn name(view: &Value) -> String {
    let name = text(view, "type");
    if name.is_empty() { "View".to_owned() } else { name }
}

/// `checkout_button · 12, 640 · 300 × 48`
fn detail(view: &Value) -> String {
    let number = |field: &str| view.get(field).and_then(Value::as_f64).map(|number| number.round());
    let identifier =
        ["identifier", "tag", "label"].map(|field| text(view, field)).into_iter().find(|it| !it.is_empty());
    let place = number("x").zip(number("y")).map(|(x, y)| format!("{x}, {y}"));
    let size = number("width").zip(number("height")).map(|(width, height)| format!("{width} × {height}"));
    [identifier, place, size].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn views_are_listed_with_where_each_ends() {
        let hierarchy = json!({
            "rendering_system": "UIKit",
            "windows": [
                { "type": "UIWindow", "children": [
                    { "type": "UILabel", "identifier": "title", "x": 1.4, "y": 2, "width": 30, "height": 4 },
                    { "children": [{ "type": "UIButton", "visible": false }] },
                ] },
                { "type": "UIWindow" },
            ]
        });
        let tree = ViewTree::new(&hierarchy).unwrap();
        let lines: Vec<_> = tree
            .views
            .iter()
            .map(|view| (view.name.as_str(), view.detail.as_str(), view.has_children, view.ends))
            .collect();
        assert_eq!(
            lines,
            [
                ("UIWindow", "", true, 0),
                ("UILabel", "title · 1, 2 · 30 × 4", false, 0),
                ("View", "", true, 0),
                ("UIButton", "", false, 2),
                ("UIWindow", "", false, 0),
            ]
        );
        assert!(tree.views[3].hidden);
    }

    #[test]
    fn what_is_no_hierarchy_is_not_shown_and_a_huge_one_is_cut() {
        assert!(ViewTree::new(&json!({ "windows": [] })).is_none());
        assert!(ViewTree::new(&json!([1])).is_none());
        let views: Vec<_> = (0..VIEWS + 5).map(|_| json!({})).collect();
        let tree = ViewTree::new(&json!({ "windows": [{ "children": views }] })).unwrap();
        assert!(tree.cut);
        assert_eq!((tree.views.len(), tree.views.last().unwrap().ends), (VIEWS, 1));
    }
}
