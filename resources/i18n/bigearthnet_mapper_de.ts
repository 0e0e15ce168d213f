<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
    <context>
        <name>BigEarthNetMapper</name>
        <message>
            <location filename="../../plugin/dock/__init__.py" />
            <source>BigEarthNet Mapper</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <location filename="../../plugin/dock/panel.py" />
            <source>Area</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Map all of the scene, or only the cells that touch an area</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Whole scene</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>What the map shows now</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Polygons of a layer</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Layer of the area</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>The polygons of this layer are the area, in whatever CRS they are</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Selected features only</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Take only the polygons that are selected in that layer</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>No polygon layer is chosen as the area.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Load one, or map the whole scene.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Layer {name} has no polygon that is selected.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Layer {name} has no polygon.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Select some, or choose another area.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Set it in its properties.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>Layer {name} has no CRS.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/area_section.py" />
            <source>The area cannot be written: {why}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <location filename="../../plugin/dock/scene_section.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Bands</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Which band of the scene the model reads as what; missing bands are red.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Band</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Read from</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Read {band} from</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Choose which band of the scene is {band}.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>missing: choose …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>found, {n} m</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>Sentinel-1: not yet possible</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>a constant stands for it</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>missing</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>blue</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>green</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>red</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>near infrared</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>narrow near infrared</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>short-wave infrared 1</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/bands_table.py" />
            <source>short-wave infrared 2</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <location filename="../../plugin/dock/panel.py" />
            <source>Log</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>What the engine told, newest last</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>What a run tells appears here.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <location filename="../../plugin/dock/panel.py" />
            <location filename="../../plugin/engine/dialog.py" />
            <source>Copy report</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Copy versions, job and log to the clipboard, to send to somebody who can help</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Clear</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Empty the log</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Rows {first} to {last} are mapped</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Note: {message}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/log_tab.py" />
            <source>Done in {n:.1f} s</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>{n} bands</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>{n} classes</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>{n} of {all} classes trained</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Note:</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>optional</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Input</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>patches of {n} × {n} m</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Scores</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>none published</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>not trained</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>label from {p:.2f}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <location filename="../../plugin/dock/result_tab.py" />
            <location filename="../../plugin/layers.py" />
            <source>Classes</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Files</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Licence</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>not stated</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Origin</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Source</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source>Needs</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_card.py" />
            <source> ({low:.3f} to {high:.3f})</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <location filename="../../plugin/dock/panel.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Model</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>The network that recognises the classes. Published models are fetched once; the embedded one is a demo.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>About this model</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>The model's card: bands, classes, scores, licence, origin</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Fetch this model</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Progress of fetching</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Embedded demonstration model</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Best published model here that fits</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Model file of your own …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Published models cannot be listed: {why}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>A model card, or an ONNX file with its card</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Models</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Fetch {size}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Download {name}, check and convert it</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>This model reads Sentinel-1; scenes of it beside Sentinel-2 are not yet possible.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <location filename="../../plugin/dock/panel.py" />
            <source>Cancel</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/model_section.py" />
            <source>Nothing is known about this model yet.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Map resolution</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Side of a cell of the map. Each answer is about a patch of 1200 m; a smaller cell gives a finer map of overlapping patches, and takes longer: half the side, four times the patches.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Output folder</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Where the map's files go: rasters, a GeoPackage, a report. Made where it is missing.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Folder of the map</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/engine/dialog.py" />
            <source>Advanced</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>the model's own</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>all cores</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>what fits</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>the scene's name</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>found</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>none</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>CORINE level 1</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>CORINE level 2</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Take top-of-atmosphere (L1C) products</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Each class has the threshold that its model was tuned to</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Label from</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Probability from which a class is a label of a patch</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Cloud at most</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Patches with a larger share of cloud and its shadow are skipped</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Snow at most</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Patches with a larger share of snow and ice are skipped</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Valid at least</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Patches with a smaller share of pixels with data are skipped</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Device</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>What computes. What is asked for is had or refused, never replaced in silence.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Runtime</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>The software that runs the network</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Precision</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Arithmetic of the network; lower is faster, and slightly different</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>CPU threads</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Threads of decoding and computing; 0 takes all cores</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Patches a batch</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>How many patches are computed at once; 0 takes what fits</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Name</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>What the map's files begin with</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Acquired</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Acquisition time (ISO 8601) of rasters that do not tell it</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Scale</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Reflectance x 10000 = value x scale + offset, for rasters without metadata</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Offset</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>See scale; -1000 for values of baseline 04.00 and later</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Groups</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>A further map whose classes are united to CORINE's coarser levels</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>The models saw surface reflectance (L2A): read such a map with care</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{n} patches</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>about {time}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{n:.1f} GB memory</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>automatic</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>Runs on {where}. Asked: {asked}; {why}.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>1 s</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{n} s</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{n} min</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/options_section.py" />
            <source>{h} h {m} min</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Scene</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Resolution</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Output</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Map</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Choose a scene and run</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Result</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Look at a finished map</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>What the engine told</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Copy as command line</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Copy as command line: the same run without QGIS, to paste into a terminal</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine is not set up yet.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Mapping runs in an environment of its own, which leaves QGIS's Python alone.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Set up engine …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Make that environment; it takes some minutes, once</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>No scene is chosen.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Load a raster layer, or drop a product on this panel.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Looking at the scene …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>There is nothing to copy yet.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Copied.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Paste it into a terminal: it makes the same map.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Stopping …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>This map exists already.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Replace it</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Run, and replace the files of that map</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Open it</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Load it instead</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Stopped.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>What is finished is kept: Resume goes on from there.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Copy versions, job and log to the clipboard</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Show log</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>See what the engine told</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>no data</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>cloud</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>snow</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>{n} patches in {t:.1f} s.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Skipped: {what}.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>The map is finished.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Resume</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Run</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Stop; what is finished is kept</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Go on where the stopped run ended</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/panel.py" />
            <source>Map the scene</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>Progress of the map</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>Starting the engine …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>{done} of {total} patches · {rate}/s · {eta} left</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>opening</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>reading</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>model</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/progress.py" />
            <source>writing</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>The finished map that is looked at</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Open result …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Load a map that was made before: its .gpkg, or any file of it</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Zoom to the map</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Report</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Open the map's report in the browser: areas, settings, time, quality</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>each class has the model's own</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Show the labels that the run gave: each class from the threshold its model was tuned to</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Threshold</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Show a class where its probability reaches this; the map is not computed again</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Threshold in percent</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Opacity</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>How much of the scene shines through the map</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Show the ticked classes. A click on a name draws its probability in the layer of that name.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Class</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <location filename="../../plugin/layers.py" />
            <source>Patches</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>All</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>None</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Show all classes</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Untick all classes, to choose some</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>No map yet</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>A finished map appears here. Open one that was made before with the button above.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>{name}: the model was not trained for it</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>{n} patches mapped</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>Maps</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/result_tab.py" />
            <source>A finished map</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/runner.py" />
            <source>Preview (stopped)</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/runner.py" />
            <source>Rows {first} to {last}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/runner.py" />
            <source>Preview</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>The scene to map: a raster layer of this project, or a Sentinel-2 product (SAFE folder or zip, band files) that you pick or drop here. Single-band layers of one folder are one scene.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Open a scene from disk</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Open a product that is not loaded: a zip, files, or a folder</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Folder (SAFE, or band files) …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Files (zip, GeoTIFF, JP2) …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Drop a scene here, or open one …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>A Sentinel-2 product, or a folder of band files</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Scenes</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>A Sentinel-2 product, a raster, or band files</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Radiometry: {words}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>Bands: {n} of {all} found</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>date unknown</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>baseline {number}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/scene_section.py" />
            <source>no cloud layer</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>{folder} ({n} layers)</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>There is no file or folder {path}.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>STAC items cannot be opened yet. Download the product, and choose its SAFE folder, zip or band files.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>This layer comes from a server or an archive; the mapping reads files on this machine. Save it as a GeoTIFF (layer menu, Export), or download the product.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/dock/sources.py" />
            <source>This layer is no file on disk. Save it as a GeoTIFF first (layer menu, Export).</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>with uv ({path})</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>with the Python found in {path}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>with uv and a Python of its own, both fetched first</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>No NVIDIA GPU was found.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>An NVIDIA driver is installed, but it does not answer (nvidia-smi).</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>{name}: its driver knows CUDA {version}, CUDA {needed} is needed. Update the driver to use the GPU.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/choose.py" />
            <source>{name} (driver for CUDA {version})</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine runs on the Python {path}.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine is ready ({variant}).</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine needs an update: the plugin is newer. Press Set up.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>An earlier set-up was not finished. Press Set up to go on.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>BigEarthNet Mapper: engine</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>State of the engine</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Maps are made by a program of their own, outside QGIS: its packages lie in a private folder, and QGIS's own Python packages are left as they are.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Packages are fetched once.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Make a private environment (recommended)</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>What computes: the processor, or an NVIDIA graphics card with CUDA</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>With PyTorch, to fetch published models</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The embedded model needs none. PyTorch takes 1 GB more, on Linux 6 GB.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Computes on</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Made</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Folder that takes the engine (about 500 MB)</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Install without a network, from a folder that holds all wheels</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The program uv, where QGIS does not find it by itself</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Folder</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Folder of wheels</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>uv</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>A Python 3.11 or later that has the engine's packages already</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Use this Python</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The Python to use</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>What is being done</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Progress of the set-up</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Details</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>What the tools that install packages say</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Set up</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Start, or go on where it stopped</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Stop</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Stop; what was fetched is kept</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Check…</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Versions, devices and a self-test</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Remove</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Remove the engine's folder</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <location filename="../../plugin/engine/doctor.py" />
            <source>Close</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <location filename="../../plugin/engine/doctor.py" />
            <source>Close this window</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>CPU</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>NVIDIA GPU (CUDA)</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Neither uv nor a Python 3.11 or later was found.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Use it</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <location filename="../../plugin/engine/install.py" />
            <source>Trying the engine …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine is set up.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine's self-test fails on this Python.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine uses this Python now.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Remove the engine and all of its folder?
{folder}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>The engine is removed.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Not all could be removed; close other windows of QGIS and try again. {reason}: {file}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Message</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/dialog.py" />
            <source>Copy the error and its details, to paste into a message</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>BigEarthNet Mapper: check of the engine</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>Result of the check</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>The engine checks itself …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>Copy</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>Copy all of it as text, for a report</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>All is well.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/doctor.py" />
            <source>Something is wrong: see the self-test.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The packages are there, but the engine's self-test fails: {test}: {reason}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Set it up again; if that does not help, report it with the details below.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The engine could not be set up: {reason}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Try again: what was fetched is kept. The details below help in a report.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The disk is full.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Free some space (about 1 GB, with PyTorch or CUDA up to 8 GB), or choose another folder; then try again.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>A package is not the one that this version of the plugin was made with: its hash differs.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Nothing of it was installed. Is a proxy changing downloads, or is the folder of wheels of another version?</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The package server's certificate is not trusted here.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Often a proxy of your organisation puts its own in: ask for it, and name its file in SSL_CERT_FILE.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The proxy refused the connection.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Check Settings &gt; Options &gt; Network &gt; Proxy in QGIS (name, port, user); then try again.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The package server cannot be reached.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Check the network and QGIS's proxy settings, or install from a folder of wheels. What was fetched is kept.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The engine's folder may not be written to.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Choose another folder, and close other windows of QGIS that use the engine.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>A package is missing that fits this computer and its Python.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>The folder of wheels must hold every package of the list, for this system and this version of Python.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Is this a rare system or a very new Python? Python 3.11 to 3.13 on a 64-bit computer is known to do.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>No Python 3.11 or later was found to build the engine with.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Without a network, Python 3.11 or later must be installed first; then try again.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/failures.py" />
            <source>Install Python 3.11 or later with venv (Debian: python3-venv), or uv; then try again.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Another window of QGIS is setting up the engine in this folder.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Wait until it has finished: {folder}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Clearing what an earlier set-up left …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Fetching uv …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Making the environment …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Installing packages …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Unpacking the packages …</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/install.py" />
            <source>Stopped. What was fetched is kept for the next try.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>The engine's Python could not be started: {python}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>Set up the engine again.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>The run was stopped; run it again to go on where it stopped.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>The engine ended without an answer.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>The engine's process died before it had finished.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/engine/process.py" />
            <source>Often the memory was full, or another program ended it. Finished strips are kept: run again to go on.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>Choose the .gpkg of one.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>{folder} holds {n} maps.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>{path} belongs to no finished map.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>Choose the .gpkg that a run wrote, or its folder.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Areas</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Probabilities</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>The layer of {kind} of {stem} cannot be read.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>Were files of the map moved or removed? Run it again.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>Probability: {name}</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>Was it made by another program?</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/layers.py" />
            <source>{path} holds no table of classes.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/main.py" />
            <source>Map a Sentinel scene into land-cover classes</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/main.py" />
            <source>Set up engine…</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/main.py" />
            <source>Make, check or remove the environment in which the mapping runs</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/base.py" />
            <source>{cells} patches, model {model}, {runtime} on {device} in {precision} ({why})</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/base.py" />
            <source>{done} of {total} patches, {rate:.0f} a second, {eta:.0f} s to go</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/base.py" />
            <source>The engine is not set up yet. Choose Plugins &gt; BigEarthNet Mapper &gt; Set up engine…</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Scene: raster layers</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>One layer with all bands, or a layer a band. Choose one of layers, folder and file.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>or: folder</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>A Sentinel-2 product (.SAFE), or a folder with a file a band.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>or: file</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>All files</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>A zipped product, its MTD_MSIL2A.xml, or a raster with all bands.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>“embedded”, “auto” (the best one on this machine that fits the scene), a published name such as reben/resnet50-s2-v0.2.0, a model card (.json), or an .onnx file with its card.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Cell size (pixels of 10 m)</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>120: each place is mapped once, in cells of 1.2 km. 60: cells of 600 m, four times as many patches.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Only this area</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Polygons; cells that share ground with one are mapped. The selection, where you tick it.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>or: only this extent</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>A rectangle in any CRS, the map canvas for instance.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Threshold for all classes</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Probability from which a class becomes a label. Left empty, each class has its own, by the model.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Least share of valid pixels</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>A patch with fewer is skipped.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Largest share of cloud</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Cloud and its shadow; a patch with more is skipped.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Largest share of snow</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Snow and ice; a patch with more is skipped.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Thresholds of single classes</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>A line a class: Urban fabric=0.15</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Where the names of bands say nothing: B02=1,B03=2,B04=3,B08=4 (number in the file, or a file's name).</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Scale of the values</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Offset of the values</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Reflectance x 10000 = value x scale + offset; by the metadata where left empty. -1000 for values of baseline 04.00 and later without metadata.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Acquisition time</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>ISO 8601, for scenes that do not tell it: 2020-02-23T03:37:29Z</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Take a Level-1C product</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Top of atmosphere; the models saw surface reflectance (Level-2A). Read such a map with care.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Arithmetic</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>What is asked for is had or refused; “auto” chooses, and the log says why.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>0: found by the engine.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Choose the scene by one of the three: raster layers, folder, file.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Choose an area or an extent, not both.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>None of the scene's raster layers could be read.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>The area holds no polygon. Is a selection asked for, and empty?</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>Give one threshold for all classes, or thresholds of single classes.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>“{line}” is no threshold of a class; write: Urban fabric=0.15</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/job_algorithm.py" />
            <source>“{text}” names no bands.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Map scene</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Map a Sentinel-2 scene into the 19 land-cover classes of BigEarthNet</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>land cover,classification,sentinel,bigearthnet,corine,deep learning,neural network</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>&lt;p&gt;Cuts a Sentinel-2 scene into patches of 1.2 x 1.2 km, asks a neural network which of BigEarthNet's 19 land-cover classes are &lt;b&gt;present&lt;/b&gt; in each, and writes a multi-label map.&lt;/p&gt;&lt;p&gt;A label says that a class is present in the patch; it does not say how much of it the class covers. A patch may carry several labels, one or none.&lt;/p&gt;&lt;p&gt;&lt;b&gt;Results&lt;/b&gt; (they appear together, when all are finished): cells as polygons with all probabilities, areas of the same most probable class, rasters of classes, labels and probabilities, a STAC item and a report.&lt;/p&gt;&lt;p&gt;A run that is cancelled or killed goes on where it stopped when it is started again with the same parameters and the same folder.&lt;/p&gt;</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Further map by groups of classes</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>clc1 and clc2 are CORINE levels 1 and 2.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>or: by a legend of my own</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>A JSON file with groups, colours and classes; the user guide shows one.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Name of the products</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>What their file names begin with; the scene's name where left empty.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Replace products that exist</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Add the map to the project</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cells and class map, with their styles, when the run has ended.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Made where it is missing.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cells</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Most probable class</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Label sets</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>STAC item</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cells mapped</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Cells skipped</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>Choose groups of CORINE or a legend of your own, not both.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>{scene}: cells</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/map_scene.py" />
            <source>{scene}: classes</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Scene info</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Say what a scene is, and what mapping it would need</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>sentinel,bands,radiometry,baseline,metadata,memory,time,preflight</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>&lt;p&gt;Looks at a scene before a run: bands, radiometry (processing baseline, offset), grid, number of patches, and the memory, disk space and time that mapping it would need on this machine, measured by decoding a block and running a batch.&lt;/p&gt;&lt;p&gt;Takes the parameters of &lt;i&gt;Map scene&lt;/i&gt;, so that the forecast is that of the very run you plan. Nothing is mapped.&lt;/p&gt;</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Description</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>A page to read; it opens in the viewer of results.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Name of the scene</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>CRS</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Bands found</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Why it cannot be mapped; empty where it can</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Patches to map</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Memory (bytes)</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Disk space (bytes)</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>Time (seconds)</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/scene_info.py" />
            <source>All facts as JSON</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Statistics in zones</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Presence and mean probability of every class in each polygon</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>zonal,statistics,polygons,share,district,catchment,land cover</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>&lt;p&gt;Counts the cells of a finished map in the polygons of a layer. For every polygon and class: the share of the mapped cells in which the class is present, and its mean probability. Cells that were not mapped are counted apart.&lt;/p&gt;&lt;p&gt;A share of cells is no share of ground: a cell may carry several classes, and the shares of a polygon do not sum to 1.&lt;/p&gt;&lt;p&gt;The result is a GeoPackage with the polygons (&lt;code&gt;share_…&lt;/code&gt; and &lt;code&gt;p_…&lt;/code&gt; a class, &lt;code&gt;main_class&lt;/code&gt;) and a table of a row a polygon and class.&lt;/p&gt;</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Map: layer of cells</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>The cells (patches) of a finished map, or its GeoPackage.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Zones</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Polygons in any CRS; the selected ones, where you tick it.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Name of the zone</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Polygons that share its value are one zone. Left empty, each polygon is one.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>A cell counts</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>centre: where its centre lies in the polygon. area: by the share of it that the polygon covers, which small and narrow polygons need.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Statistics</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>A GeoPackage; it is replaced where it exists.</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Row a zone and class</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Cells counted</source>
            <translation type="unfinished" />
        </message>
        <message>
            <location filename="../../plugin/processing/zone_statistics.py" />
            <source>Cells not mapped</source>
            <translation type="unfinished" />
        </message>
    </context>
</TS>
