// SPDX-License-Identifier: GPL-2.0-or-later
// ocinet: shows and mends what the hook does.
#include "cli/print.h"
#include "cli/verbs.h"
#include "netsetup/base/error.h"
#include "netsetup/base/log.h"

int main(int argc, char** argv) {
    CLI::App app("The container network that explains itself.", "ocinet");
    app.set_version_flag("--version", OCINET_VERSION);
    app.require_subcommand(1);
    ocinet::cli::add_network(app);
    ocinet::cli::add_ps(app);
    ocinet::cli::add_inspect(app);
    ocinet::cli::add_port(app);
    ocinet::cli::add_plan(app);
    ocinet::cli::add_check(app);
    ocinet::cli::add_doctor(app);
    ocinet::cli::add_overlay(app);
    ocinet::cli::add_reload(app);
    ocinet::cli::add_gc(app);
    try {
        app.parse(argc, argv);
        ocinet::cli::finish_printing();
        return 0;
    } catch (const CLI::ParseError& error) {
        // A verb that ends with a status of its own throws CLI::RuntimeError, which prints nothing.
        return app.exit(error);
    } catch (const ocinet::Error& error) {
        ocinet::log::error(error);
    } catch (const std::exception& error) {
        ocinet::log::error(ocinet::Error(error.what()));
    }
    return 1;
}
