/** Starts the page: reads the address, keeps asking the service, and shows the answers. */
import { render } from "preact";
import "./styles/index.css";
import { keepCombining } from "./combine/combination.ts";
import { App } from "./components/app.tsx";
import { followAddress } from "./state/address.ts";
import { loadCatalogue } from "./state/catalogue.ts";
import { keepComparing } from "./state/hosts.ts";
import { loadPresets } from "./state/presets.ts";
import { awaitReady } from "./state/ready.ts";
import { keepAsking } from "./state/result.ts";
import { loadToWrite } from "./write/model.ts";

followAddress();
keepAsking();
keepComparing();
awaitReady();
keepCombining();
loadToWrite();
void loadCatalogue();
void loadPresets();
const page = document.getElementById("page");
if (page !== null) render(<App />, page);
