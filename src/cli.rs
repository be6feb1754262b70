//! The command line. Flags win over the environment, which wins over the file.

use std::path::PathBuf;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use schemas::catalog::Role;

use crate::{
    commands,
    config::{Config, Overrides},
    roles::{self, Roles},
    send,
};

/// Takes errors from any SDK, loses none, and answers what breaks, how often, for whom and since when.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run everything in one process.
    Serve(Options),
    /// Run the role that takes events in.
    Ingest(Options),
    /// Run the role that judges and stores events.
    Process(Options),
    /// Run the role that answers questions.
    Api(Options),
    /// Check a configuration file and end.
    CheckConfig {
        /// The file.
        file: PathBuf,
    },
    /// Send the stack traces in the text of a log.
    Send(send::Options),
    /// Make and list projects. Works while the server runs.
    #[command(subcommand)]
    Project(ProjectCommand),
    /// Make API tokens. Works while the server runs.
    #[command(subcommand)]
    Token(TokenCommand),
}

#[derive(Debug, Subcommand)]
enum ProjectCommand {
    /// Make a project and print its DSN.
    Create {
        /// Name for people; its short name is made from it.
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// List projects with their DSNs.
    List {
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token and print it. It can't be shown again.
    Create {
        /// What its holder may do.
        #[arg(long, value_parser = parse_role)]
        role: Role,
        /// A project that it may see, by number or short name; may stand several times. Without it, all of them.
        #[arg(long, value_name = "PROJECT")]
        project: Vec<String>,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Args)]
struct Options {
    /// Configuration file.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Directory for everything that is kept.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
}

#[derive(Debug, Args)]
struct Output {
    #[command(flatten)]
    options: Options,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Cli {
    /// The configuration that this command works with.
    pub(crate) fn config(&self) -> Result<Config> {
        let options = match &self.command {
            Command::Serve(options) | Command::Ingest(options) | Command::Process(options) | Command::Api(options) => options,
            Command::Project(ProjectCommand::Create { output, .. } | ProjectCommand::List { output })
            | Command::Token(TokenCommand::Create { output, .. }) => &output.options,
            Command::Send(_) => return Ok(Config::default()),
            Command::CheckConfig { file } => {
                let config = Config::load(Some(file), &Overrides::default())?;
                if config.tls.is_on() {
                    config.tls.load()?;
                }
                processor::enrich::Tables::open(&config.enrich)?;
                return Ok(config);
            }
        };
        let overrides = Overrides { data: options.data.clone(), listen: options.listen.clone() };
        Config::load(options.config.as_deref(), &overrides)
    }

    /// Does what was asked for.
    pub(crate) async fn run(self, config: Config) -> Result<()> {
        match self.command {
            Command::Serve(_) => roles::run(config, Roles::ALL).await,
            Command::Ingest(_) => roles::run(config, Roles::INGEST).await,
            Command::Process(_) => roles::run(config, Roles::PROCESS).await,
            Command::Api(_) => roles::run(config, Roles::API).await,
            Command::CheckConfig { file } => commands::checked(&file),
            Command::Send(options) => send::run(&options).await,
            Command::Project(ProjectCommand::Create { name, output }) => commands::create_project(&config, &name, output.json).await,
            Command::Project(ProjectCommand::List { output }) => commands::list_projects(&config, output.json).await,
            Command::Token(TokenCommand::Create { role, project, output }) => {
                commands::create_token(&config, role, &project, output.json).await
            }
        }
    }
}

fn parse_role(text: &str) -> Result<Role, String> {
    match text {
        "admin" => Ok(Role::Admin),
        "member" => Ok(Role::Member),
        "viewer" => Ok(Role::Viewer),
        _ => Err("must be admin, member or viewer".into()),
    }
}
