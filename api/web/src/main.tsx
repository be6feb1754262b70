import { render } from "preact";
import { App } from "./app";
import { startClock } from "./parts/time";
import { start } from "./router";
import "./styles/base.css";
import "./styles/frame.css";
import "./styles/chart.css";
import "./views/issues/issues.css";
import "./views/issue/issue.css";
import "./views/issue/stack.css";
import "./views/overview/overview.css";
import "./views/projects/projects.css";
import "./views/search/search.css";
import "./views/start/start.css";

start();
startClock();
const root = document.getElementById("app");
if (root) render(<App />, root);
