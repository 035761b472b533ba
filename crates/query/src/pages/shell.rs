//! What surrounds every page: its title, where one is, who is logged in, which colours.

use mayday_catalog::projects::Project;

use super::{assets, theme::Theme};

/// What `base.html` needs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shell {
    pub(crate) title: String,
    pub(crate) theme: Theme,
    /// Path and query of this page, to come back to.
    pub(crate) here: String,
    /// `None`: nobody is logged in.
    pub(crate) account: Option<Account>,
    /// `None`: a page outside any project.
    pub(crate) project: Option<ProjectNav>,
}

/// Who is logged in.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    pub(crate) email: String,
    pub(crate) csrf: String,
}

/// The project one is in, and the way to its sections and to other projects.
#[derive(Debug, Clone)]
pub(crate) struct ProjectNav {
    pub(crate) name: String,
    pub(crate) organization: String,
    pub(crate) all: Vec<NavLink>,
    pub(crate) sections: Vec<NavLink>,
}

/// A link that may lead to where one is.
#[derive(Debug, Clone)]
pub(crate) struct NavLink {
    pub(crate) name: String,
    pub(crate) href: String,
    pub(crate) current: bool,
}

/// The parts of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Issues,
    Feedback,
    Releases,
    Symbols,
    Outcomes,
    Hooks,
    Quarantine,
    Settings,
    Setup,
}

impl Section {
    const ALL: [Self; 9] = [
        Self::Issues,
        Self::Feedback,
        Self::Releases,
        Self::Symbols,
        Self::Outcomes,
        Self::Hooks,
        Self::Quarantine,
        Self::Settings,
        Self::Setup,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Issues => "Issues",
            Self::Feedback => "Feedback",
            Self::Releases => "Releases",
            Self::Symbols => "Symbols",
            Self::Outcomes => "Outcomes",
            Self::Hooks => "Hooks",
            Self::Quarantine => "Set aside",
            Self::Settings => "Settings",
            Self::Setup => "Setup",
        }
    }

    fn segment(self) -> &'static str {
        match self {
            Self::Issues => "issues",
            Self::Feedback => "feedback",
            Self::Releases => "releases",
            Self::Symbols => "symbols",
            Self::Outcomes => "outcomes",
            Self::Hooks => "hooks",
            Self::Quarantine => "quarantine",
            Self::Settings => "settings",
            Self::Setup => "setup",
        }
    }

    /// Its page in a project.
    pub(crate) fn path(self, project: &Project) -> String {
        format!("/projects/{}/{}/{}/", project.organization_slug, project.slug, self.segment())
    }
}

impl ProjectNav {
    pub(crate) fn new(project: &Project, all: &[Project], section: Section) -> Self {
        let all = all.iter().map(|other| NavLink {
            name: other.name.clone(),
            href: Section::Issues.path(other),
            current: other.id == project.id,
        });
        let sections = Section::ALL.into_iter().map(|other| NavLink {
            name: other.name().into(),
            href: other.path(project),
            current: other == section,
        });
        Self {
            name: project.name.clone(),
            organization: project.organization_slug.clone(),
            all: all.collect(),
            sections: sections.collect(),
        }
    }
}

impl Shell {
    pub(crate) fn css(&self) -> String {
        assets::css()
    }

    pub(crate) fn js(&self) -> String {
        assets::script()
    }

    pub(crate) fn icon(&self) -> String {
        assets::icon()
    }
}
