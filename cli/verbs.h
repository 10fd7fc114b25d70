// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <CLI/CLI.hpp>

/// One verb, one file: each adds its subcommand with its options and says what runs it.
namespace ocinet::cli {

void add_check(CLI::App& app);
void add_doctor(CLI::App& app);
void add_gc(CLI::App& app);
void add_inspect(CLI::App& app);
/// With the verbs of its own, which are below.
void add_network(CLI::App& app);
/// With the verbs of its own.
void add_overlay(CLI::App& app);
void add_plan(CLI::App& app);
void add_port(CLI::App& app);
void add_ps(CLI::App& app);
void add_reload(CLI::App& app);

void add_network_create(CLI::App& network);
void add_network_exists(CLI::App& network);
void add_network_inspect(CLI::App& network);
void add_network_ls(CLI::App& network);
void add_network_prune(CLI::App& network);
void add_network_rm(CLI::App& network);

} // namespace ocinet::cli
