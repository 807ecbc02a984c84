import { ThreadWorker } from "npm:poolifier-web-worker@0.5.15";
import * as tasks from "./tasks.mjs";

export default new ThreadWorker({ ...tasks });
