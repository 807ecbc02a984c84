import workerpool from "npm:workerpool@10.0.3";
import * as tasks from "./tasks.mjs";

workerpool.worker({ ...tasks });
