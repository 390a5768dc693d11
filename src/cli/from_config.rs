//! What the flags of `scan` leave open and the configuration file says, as far as it is nobody else's.

use anyhow::Result;

use super::args::{Scan, Voice};
use crate::discover;
use crate::policy::{self, Mapping};

impl Voice {
    /// What its flags leave open, the configuration file says.
    pub(super) fn or(self, config: &policy::Config) -> Self {
        Voice {
            color: self.color.or(config.color),
            quiet: self.quiet || config.quiet,
            verbose: if self.verbose == 0 { config.verbose } else { self.verbose },
        }
    }
}

/// The name that standard input gets where no flag gave it one.
pub(super) fn name_stdin(input: &mut discover::Request, config: &policy::Config) {
    let Some(given) = &config.stdin_path else { return };
    for target in &mut input.targets {
        if let discover::Target::Stdin { name, .. } = target {
            name.get_or_insert_with(|| given.clone());
        }
    }
}

/// The framework to show the result by.
pub(super) fn mapping(args: &Scan, config: &policy::Config) -> Result<Option<Mapping>> {
    if let Some(flag) = &args.framework {
        return Ok(Some(Mapping::load(flag)?));
    }
    let Some(key) = &config.framework else { return Ok(None) };
    let file = config.beside(&key.value);
    let loaded = if file.is_file() { Mapping::load(&file.display().to_string()) } else { Mapping::load(&key.value) };
    Ok(Some(loaded.map_err(|error| config.mistake(key, error.to_string()))?))
}
